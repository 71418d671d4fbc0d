import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { lastValueFrom, scan, takeWhile } from 'rxjs';
import type { EventLog } from '../../src/adapters/eventLog.js';
import type { LogRecord } from '../../src/domain/record.js';

/** Of what readings write; no one else's key. */
const END = 'end-of-a-reading';

interface Place {
  readonly broker: string;
  readonly topic: string;
}

/**
 * All records of a topic that a reader of committed records sees, up to a last record that is written to each partition
 * for that. A record counts once however often it is delivered: what is told apart is what was written.
 * @param of what to keep of each
 */
export async function committed<T>(
  log: EventLog,
  { broker, topic }: Place,
  of: (record: LogRecord) => T,
): Promise<T[]> {
  const end = randomUUID();
  const client = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING });
  const admin = client.admin();
  await admin.connect();
  const partitions = (await admin.fetchTopicOffsets(topic)).length;
  await admin.disconnect();
  const producer = client.producer();
  await producer.connect();
  const messages = Array.from({ length: partitions }, (_, partition) => ({
    key: END,
    value: end,
    partition,
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
  const reading = { topics: [topic], group: `group-${randomUUID()}`, maxInFlight: 1e6, transient: true };
  const { kept } = await lastValueFrom(
    log.read(reading).pipe(
      scan(
        (seen, record) => {
          const place = `${record.partition}/${record.offset}`;
          if (record.key === END) {
            if (record.value.toString() === end) seen.ended.add(record.partition);
          } else if (!seen.kept.has(place)) seen.kept.set(place, of(record));
          return seen;
        },
        { kept: new Map<string, T>(), ended: new Set<number>() },
      ),
      takeWhile(({ ended }) => ended.size < partitions, true),
    ),
  );
  return [...kept.values()];
}

/** The values of {@link committed}. */
export function committedValues(log: EventLog, place: Place): Promise<string[]> {
  return committed(log, place, ({ value }) => value.toString());
}
