import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { mergeMap } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { committedValues } from '../../support/committedValues.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { type ProxiedKafka, proxiedKafka } from '../../support/proxiedKafka.js';

let kafka: ProxiedKafka;
let proxy: ProxiedKafka['proxy'];
let broker: ProxiedKafka['broker'];
let client: Kafka;
let admin: Admin;

beforeAll(async () => {
  kafka = await proxiedKafka({}, { 'group.min.session.timeout.ms': 500 });
  ({ proxy, broker } = kafka);
  client = new kafkajs.Kafka({ brokers: [broker.brokers], logLevel: kafkajs.logLevel.NOTHING });
  admin = client.admin();
  await admin.connect();
});
afterAll(async () => {
  await admin?.disconnect();
  await kafka?.dispose();
});

const open = (clientId: string): Promise<KafkaLog> =>
  createKafkaLog(kafkaTestOptions(`127.0.0.1:${proxy.port}`, { clientId, sessionTimeoutMs: 1000 }));

/** As if so many processes had begun at the start of the topic, and not got beyond. */
async function haveBegun(processes: number, group: string, topic: string): Promise<void> {
  const producer = client.producer({
    transactionalId: randomUUID(),
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  const partitions = [{ partition: 0, offset: '0', metadata: `lethe begun=${processes}` }];
  await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] });
  await transaction.commit();
  await producer.disconnect();
}

async function positionOf(group: string, topic: string): Promise<number> {
  const [read] = await admin.fetchOffsets({ groupId: group, topics: [topic] });
  return Number(read?.partitions[0]?.offset);
}

describe('a note beside a position', () => {
  // Three processes that began at a position and did not get beyond: the next one notes each record before it is given.
  it.each([0, 3])(
    'is not written over what another worker has committed meanwhile (%i processes began there)',
    async (begun) => {
      const [from, to, group] = [`from-${randomUUID()}`, `to-${randomUUID()}`, `group-${randomUUID()}`];
      const topics = [from, to].map((topic) => ({ topic, numPartitions: 1 }));
      await admin.createTopics({ waitForLeaders: true, topics });
      if (begun > 0) await haveBegun(begun, group, from);
      const [zombie, successor] = await Promise.all([open('zombie'), open('successor')]);
      try {
        const values = ['a', 'b', 'c'];
        const send = (some: readonly string[]) =>
          zombie.publish(
            some.map((value) => ({ topic: from, key: null, value: Buffer.from(value), headers: {} })),
          );
        await send(values);
        const answer = (input: LogRecord) => ({
          input,
          outputs: [{ topic: to, key: null, value: input.value, headers: {} }],
        });
        const given: LogRecord[] = [];
        const reading = { topics: [from], group, maxInFlight: 10 };
        const stale = zombie.read(reading).subscribe((input) => given.push(input));
        const first = begun > 0 ? 1 : values.length;
        await expect.poll(() => given.length, { interval: 10 }).toBe(first);

        // The group takes the zombie for dead, which does not hear of it.
        const unheard = (['heartbeat', 'joinGroup'] as const).map((api) => proxy.hold(api, 'zombie'));
        const note = proxy.hold('addOffsetsToTxn', 'successor');
        const reader = successor
          .read(reading)
          .pipe(mergeMap((input) => successor.settle(group, [answer(input)])))
          .subscribe();
        await note.come;
        // Its producer is fenced off; it makes a new one where a connection breaks, and finds the position unmoved.
        const cut = proxy.cut('addOffsetsToTxn', 'before');
        expect(await zombie.settle(group, given.map(answer))).toEqual([]);
        await cut;
        const positions = [await positionOf(group, from)];
        expect(positions).toEqual([first]);
        note.release();
        // The successor reads it last.
        await send(['d']);
        const isThrough = async (): Promise<number> => {
          positions.push(await positionOf(group, from));
          return successor.lag(group, [from]);
        };
        await expect.poll(isThrough, { interval: 20 }).toBe(0);
        for (const each of unheard) each.release();
        reader.unsubscribe();
        stale.unsubscribe();
        expect(positions).toEqual([...positions].sort((a, b) => a - b));
        const written = await committedValues(successor, { broker: broker.brokers, topic: to });
        expect(written.sort()).toEqual([...values, 'd']);
      } finally {
        await Promise.all([zombie.close(), successor.close()]);
      }
    },
  );
});
