import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { lastValueFrom, scan, takeWhile } from 'rxjs';
import type { EventLog } from '../../src/streams/transports/eventLog.js';

const END = `end-${randomUUID()}`;

/**
 * All values of a topic that a reader of committed records sees, up to a last record that is written to each partition
 * for that. A record counts once however often it is delivered: what is told apart is what was written.
 */
export async function committedValues(
  log: EventLog,
  { broker, topic, partitions }: { broker: string; topic: string; partitions: number },
): Promise<string[]> {
  const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
  const producer = client.producer();
  await producer.connect();
  const messages = Array.from({ length: partitions }, (_, partition) => ({ value: END, partition }));
  await producer.send({ topic, messages });
  await producer.disconnect();
  const reading = { topics: [topic], group: `group-${randomUUID()}`, maxInFlight: 1e6, transient: true };
  const written = await lastValueFrom(
    log.read(reading).pipe(
      scan(
        (seen, { partition, offset, value }) => seen.set(`${partition}/${offset}`, value.toString()),
        new Map<string, string>(),
      ),
      takeWhile((seen) => [...seen.values()].filter((value) => value === END).length < partitions, true),
    ),
  );
  return [...written.values()].filter((value) => value !== END);
}
