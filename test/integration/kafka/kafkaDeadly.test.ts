import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import kafkajs from 'kafkajs';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KafkaService } from '../../../scripts/services/kafka.js';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { deadLetterHeadersSchema } from '../../../src/domain/messages/deadLetter.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { type Own, ownKafka } from '../../support/services.js';

const READER = fileURLToPath(new URL('./deadlyReader.ts', import.meta.url));
const PARTITIONS = 3;
/** Two that begin in vain, five that try it alone, one that refuses it. */
const STARTS = 8;
/** Those before may get some way, and two deadly records want twice as many. */
const ENOUGH = 2 * STARTS + 6;

let broker: Own<KafkaService>;
let log: KafkaLog;

beforeAll(async () => {
  broker = await ownKafka({ settings: { 'group.min.session.timeout.ms': 500 } });
  log = await createKafkaLog(kafkaTestOptions(broker.brokers));
});
afterAll(async () => {
  await log?.close();
  await broker?.dispose();
});

it.each([
  ['at-least-once', 1],
  ['exactly-once', 2],
])(
  'a record that ends every process is refused after some starts, and no other (%s, %i of them)',
  async (delivery, deadly) => {
    const [topic, answers, letters] = ['t', 'answers', 'letters'].map(
      (name) => `${name}-${randomUUID()}`,
    ) as [string, string, string];
    const admin = new kafkajs.Kafka({
      brokers: [broker.brokers],
      logLevel: kafkajs.logLevel.NOTHING,
    }).admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [topic, answers, letters].map((name) => ({ topic: name, numPartitions: PARTITIONS })),
    });
    await admin.disconnect();
    const values = Array.from({ length: 60 }, (_, index) => `v${index}`);
    const deadlyValues = Array.from({ length: deadly }, (_, index) => `deadly-${index}`);
    for (const [index, value] of deadlyValues.entries()) values.splice(20 + 9 * index, 0, value);
    await log.publish(
      values.map((value, index) => ({
        topic,
        key: `k${index}`,
        value: Buffer.from(value),
        headers: { ce_id: value },
      })),
    );
    let starts = 0;
    for (let ended = false; !ended && starts < ENOUGH; starts++) {
      const args = ['--import', 'tsx', READER, broker.brokers, delivery, topic, answers, letters];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      const [code] = await once(child, 'close');
      ended = code === 0;
    }
    console.log(`${deadly} deadly records, ${delivery}: ${starts} starts`);
    const read = (name: string) => lastValueFrom(keptNow(log, name).pipe(toArray()));
    const answered = (await read(answers)).map(({ value }) => value.toString());
    expect([...new Set(answered)].sort()).toEqual(values.filter((value) => value.startsWith('v')).sort());
    if (delivery === 'exactly-once') expect(answered).toHaveLength(60);
    const refused = await read(letters);
    expect(refused.map(({ value }) => value.toString()).sort()).toEqual(deadlyValues);
    for (const { headers } of refused) {
      const why = deadLetterHeadersSchema.parse(headers);
      expect(why['lethe-reason']).toBe('internal');
      expect(why['lethe-message']).toMatch(/^5 processes ended while they processed only the record /);
    }
    expect(starts).toBeGreaterThanOrEqual(STARTS);
    expect(starts).toBeLessThanOrEqual(ENOUGH);
  },
  240_000,
);
