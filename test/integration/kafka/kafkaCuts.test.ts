import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin } from 'kafkajs';
import { mergeMap } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { committedValues } from '../../support/committedValues.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { KAFKA_API, type KafkaApi } from '../../support/kafkaProxy.js';
import { type ProxiedKafka, proxiedKafka } from '../../support/proxiedKafka.js';

let kafka: ProxiedKafka;
let proxy: ProxiedKafka['proxy'];
let broker: ProxiedKafka['broker'];
let admin: Admin;
let log: KafkaLog;

beforeAll(async () => {
  kafka = await proxiedKafka();
  ({ proxy, broker } = kafka);
  admin = new kafkajs.Kafka({ brokers: [broker.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  log = await createKafkaLog(kafkaTestOptions(`127.0.0.1:${proxy.port}`));
});
afterAll(async () => {
  await log?.close();
  await admin?.disconnect();
  await kafka?.dispose();
});

const COUNT = 60;
const values = Array.from({ length: COUNT }, (_, index) => String(index));
const cases = (Object.keys(KAFKA_API) as KafkaApi[])
  .filter((api) => !['initProducerId', 'findCoordinator', 'joinGroup', 'heartbeat'].includes(api))
  .flatMap((api) => (['before', 'after'] as const).map((when) => ({ api, when })));

/**
 * Copies all values from one topic to another, in a transaction each.
 * @returns where they are, and what was lost
 */
async function copyOneByOne(before: (index: number) => void): Promise<{ to: string; lost: LogRecord[] }> {
  const [from, to, group] = [`from-${randomUUID()}`, `to-${randomUUID()}`, `group-${randomUUID()}`];
  await admin.createTopics({
    waitForLeaders: true,
    topics: [
      { topic: from, numPartitions: 1 },
      { topic: to, numPartitions: 8 },
    ],
  });
  await log.publish(
    values.map((value) => ({ topic: from, key: null, value: Buffer.from(value), headers: {} })),
  );
  const lost: LogRecord[] = [];
  let index = 0;
  const reader = log
    .read({ topics: [from], group, maxInFlight: 1 })
    .pipe(
      mergeMap(async (input) => {
        before(index++);
        const output = { topic: to, key: null, value: input.value, headers: {} };
        lost.push(...(await log.settle(group, [{ input, outputs: [output] }])));
      }),
    )
    .subscribe();
  await expect.poll(() => log.lag(group, [from]), { interval: 100 }).toBe(0);
  reader.unsubscribe();
  return { to, lost };
}

describe('a connection that breaks in a transaction', () => {
  it.each(cases)('is survived exactly once: $api, $when it is carried out', async ({ api, when }) => {
    let cut: Promise<void> | undefined;
    const { to, lost } = await copyOneByOne((index) => {
      if (index % 20 === 0) cut = proxy.cut(api, when);
    });
    await cut;
    expect(lost).toEqual([]);
    const seen = await committedValues(log, { broker: broker.brokers, topic: to });
    expect(seen.sort((a, b) => Number(a) - Number(b))).toEqual(values);
  });
});

describe('a transaction', () => {
  it('does not ask for its coordinators again', async () => {
    const before = { asked: proxy.requests('findCoordinator'), ended: proxy.requests('endTxn') };
    await copyOneByOne(() => undefined);
    const ended = proxy.requests('endTxn') - before.ended;
    expect(ended).toBeGreaterThanOrEqual(COUNT);
    // kafkajs alone asks four times a transaction; the consumer and the question for the lag ask some times, too.
    expect(proxy.requests('findCoordinator') - before.asked).toBeLessThan(ended);
  });
});
