import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { Offsets } from '../../../src/adapters/kafka/offsets.js';
import { Patience } from '../../../src/adapters/kafka/waiting.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { type ProxiedKafka, proxiedKafka } from '../../support/proxiedKafka.js';

let kafka: ProxiedKafka;
let proxy: ProxiedKafka['proxy'];
let broker: ProxiedKafka['broker'];
let log: KafkaLog;

beforeAll(async () => {
  kafka = await proxiedKafka({ gatherMs: 10 });
  ({ proxy, broker } = kafka);
  log = await createKafkaLog(kafkaTestOptions(`127.0.0.1:${proxy.port}`));
});
afterAll(async () => {
  await log?.close();
  await kafka?.dispose();
});

/** Where questions were not asked in turn, one answer in eleven held no position. */
const ROUNDS = 6;

it('positions are told also while other topics are asked about', async () => {
  const admin = new kafkajs.Kafka({ brokers: [broker.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = Array.from({ length: 4 }, () => `t-${randomUUID()}`);
  await admin.createTopics({
    waitForLeaders: true,
    topics: topics.map((topic) => ({ topic, numPartitions: 4 })),
  });
  const group = `g-${randomUUID()}`;
  const partitions = [0, 1, 2, 3].map((partition) => ({ partition, offset: '0' }));
  for (const topic of topics) await admin.setOffsets({ groupId: group, topic, partitions });
  await admin.disconnect();
  const closing = new AbortController();
  const patience = new Patience(kafkaTestOptions(`127.0.0.1:${proxy.port}`), closing.signal, () => undefined);
  const found: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const offsets = new Offsets(patience);
    const asked = topics.flatMap((topic) =>
      partitions.map(async () => {
        await sleep(200 * Math.random());
        await offsets.idOf(topic);
        found.push((await offsets.places(group, topic)).size);
        found.push((await offsets.kept(topic)).length);
      }),
    );
    await Promise.all(asked);
    await offsets.close();
  }
  closing.abort();
  expect(found.filter((each) => each !== 4)).toEqual([]);
});
