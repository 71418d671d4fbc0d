import { randomUUID } from 'node:crypto';
import kafkajs, { type Kafka, type Producer, type Transaction } from 'kafkajs';
import { concatMap, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { sharedServices } from '../../support/services.js';

let kafka: Kafka;
let log: KafkaLog;
let producer: Producer;

beforeAll(async () => {
  const { brokers } = await sharedServices();
  kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  log = await createKafkaLog(kafkaTestOptions(brokers));
  producer = kafka.producer({ transactionalId: randomUUID(), maxInFlightRequests: 1, idempotent: true });
  await producer.connect();
});
afterAll(async () => {
  await producer?.disconnect();
  await log?.close();
});

/** A topic with one record, and a second one whose transaction is not over. */
async function pending(): Promise<{ readonly topic: string; readonly transaction: Transaction }> {
  const topic = `t-${randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  await log.publish([{ topic, key: null, headers: {}, value: Buffer.from('first') }]);
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value: 'second' }] });
  return { topic, transaction };
}

it('what is in a transaction that is not over is written, and can not be read yet', async () => {
  const { topic, transaction } = await pending();
  expect((await log.ends([topic])).get(topic)).toEqual([1n]);
  expect((await log.writtenEnds([topic])).get(topic)).toEqual([2n]);
  expect(await log.lag(`g-${randomUUID()}`, [topic])).toBe(2);
  await transaction.abort();
});

it('whoever reads what is kept waits for the transactions that are under way', async () => {
  const { topic, transaction } = await pending();
  let isOver = false;
  const reading = lastValueFrom(keptNow(log, topic).pipe(toArray())).finally(() => {
    isOver = true;
  });
  // Until it has read what can be read, and has found out that this is not all.
  await log.ends([topic]);
  const seen: boolean[] = [];
  for (let asked = 0; asked < 20; asked++) {
    await log.positions('nobody', topic);
    seen.push(isOver);
  }
  await transaction.commit();
  expect((await reading).map(({ value }) => String(value))).toEqual(['first', 'second']);
  expect(seen).not.toContain(true);
});

it('and does not miss the end of one that was aborted', async () => {
  const { topic, transaction } = await pending();
  const reading = lastValueFrom(keptNow(log, topic).pipe(toArray()));
  await transaction.abort();
  expect((await reading).map(({ value }) => String(value))).toEqual(['first']);
});

it.each(['exactly-once', 'at-least-once'] as const)(
  'an aborted transaction that nothing follows is no lag, as the cluster tells it (%s)',
  async (delivery) => {
    const { brokers } = await sharedServices();
    const { topic, transaction } = await pending();
    await transaction.abort();
    const group = `g-${randomUUID()}`;
    const reader = await createKafkaLog(kafkaTestOptions(brokers, { delivery }));
    const reading = reader
      .read({ topics: [topic], group, maxInFlight: 8 })
      .pipe(concatMap((record) => reader.settle(group, [{ input: record, outputs: [] }])))
      .subscribe();
    // Asked by one that does not read: it knows what is committed alone.
    await expect.poll(() => log.lag(group, [topic])).toBe(0);
    reading.unsubscribe();
    await reader.close();
  },
);
