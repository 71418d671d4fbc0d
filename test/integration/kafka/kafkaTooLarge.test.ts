import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin } from 'kafkajs';
import { concatMap, firstValueFrom, from, mergeMap, take, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import type { KafkaLogOptions } from '../../../src/adapters/kafka/options.js';
import { checkTopics, ensureTopics, isTolerable, topicError } from '../../../src/adapters/kafka/topics.js';
import { LetheError } from '../../../src/domain/errors.js';
import { deadLetterHeadersSchema } from '../../../src/domain/messages/deadLetter.js';
import { type LogRecord, type OutgoingRecord, recordBytes } from '../../../src/domain/record.js';
import { accepted, type Flow, rejected } from '../../../src/operators/flow.js';
import { SILENT } from '../../../src/operators/probe.js';
import { publish } from '../../../src/operators/publish.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { sharedServices } from '../../support/services.js';
import { setTopic } from '../../support/topicSetting.js';

/** `batchBytes` by default; Kafka's default limit is 12 bytes more. */
const BATCH_BYTES = 2 ** 20;
const DELIVERIES = ['exactly-once', 'at-least-once'] as const;

let brokers: string;
let admin: Admin;
const logs: KafkaLog[] = [];

beforeAll(async () => {
  brokers = (await sharedServices()).brokers;
  admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()));
});
afterAll(() => admin?.disconnect());

async function open(delivery: KafkaLogOptions['delivery']): Promise<KafkaLog> {
  const log = await createKafkaLog(kafkaTestOptions(brokers, { delivery, batchBytes: BATCH_BYTES }));
  logs.push(log);
  return log;
}

async function createTopic(config: Record<string, string> = {}, numPartitions = 1): Promise<string> {
  const topic = `t-${randomUUID()}`;
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }).catch((error: Error) => {
    // kafkajs asks for the leaders before every broker has heard of the topic; whoever uses it asks again.
    if (!/does not host this topic-partition/.test(error.message)) throw error;
  });
  return topic;
}

const record = (topic: string, value: Buffer | string, key: string | null = null): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(value),
  headers: {},
});
const read = (log: KafkaLog, topic: string, count: number): Promise<LogRecord[]> => {
  const group = `g-${randomUUID()}`;
  return firstValueFrom(
    log.read({ topics: [topic], group, maxInFlight: 1e5, transient: true }).pipe(take(count), toArray()),
  );
};

/** Refuses every record of the topic, as a pipeline does. @returns the dead letters */
async function refuseAll(log: KafkaLog, topic: string, count: number, letters: string): Promise<LogRecord[]> {
  const group = `g-${randomUUID()}`;
  const error = new LetheError('image-corrupt', 'no image', { remedy: 'Send one.' });
  const refused = log.read({ topics: [topic], group, maxInFlight: 1e5 }).pipe(
    concatMap((source): Flow<never>[] => [rejected(error, source)]),
    publish({
      log,
      group,
      deadLetters: letters,
      batchSize: 5000,
      probe: SILENT,
      toRecords: () => [],
    }),
    take(count),
    toArray(),
  );
  await firstValueFrom(refused);
  expect(await log.lag(group, [topic])).toBe(0);
  return read(log, letters, count);
}

describe.each(DELIVERIES)('%s', (delivery) => {
  it('writes the dead letter of the largest record that a topic takes, without its value', async () => {
    const log = await open(delivery);
    const [queries, letters] = [await createTopic(), await createTopic()];
    await log.publish([
      record(queries, 'before', 'q1'),
      record(queries, Buffer.alloc(1_048_400), 'q2'),
      record(queries, Buffer.alloc(1_048_000), 'q3'),
      record(queries, 'after', 'q4'),
    ]);
    const written = await refuseAll(log, queries, 4, letters);
    expect(written.map(({ key }) => key)).toEqual(['q1', 'q2', 'q3', 'q4']);
    expect(written.map(({ value }) => value.length)).toEqual([6, 0, 1_048_000, 5]);
    expect(deadLetterHeadersSchema.parse(written[1]?.headers)).toMatchObject({
      'lethe-topic': queries,
      'lethe-offset': '1',
      'lethe-value-bytes': 1_048_400,
    });
  });

  it('writes thousands of dead letters whose keys are Chinese', async () => {
    const log = await open(delivery);
    const [queries, letters] = [await createTopic(), await createTopic()];
    const keys = Array.from({ length: 4000 }, (_, i) => `${i}${'鍵'.repeat(1730)}`);
    await log.publish(keys.map((key) => record(queries, 'hello', key)));
    const written = await refuseAll(log, queries, keys.length, letters);
    expect(written.map(({ key }) => key)).toEqual(keys);
  }, 120_000);

  it('splits what a topic with a small limit refuses', async () => {
    const log = await open(delivery);
    const [queries, letters] = [await createTopic(), await createTopic({ 'max.message.bytes': '30000' })];
    const values = Array.from({ length: 60 }, (_, i) => `${i} ${'x'.repeat(i * 800)}`);
    await log.publish(values.map((value, i) => record(queries, value, `q${i}`)));
    const written = await refuseAll(log, queries, values.length, letters);
    expect(written.map(({ key }) => key)).toEqual(values.map((_, i) => `q${i}`));
    for (const { value, headers } of written)
      expect(value.length > 0).toBe(headers['lethe-value-sha256'] === undefined);
    expect(written[3]?.value.toString()).toBe(values[3]);
  });

  it('waits where a topic does not take an ordinary answer, and gives it once it does', async () => {
    const log = await open(delivery);
    const [queries, letters] = [await createTopic(), await createTopic()];
    const answers = await createTopic({ 'max.message.bytes': '300' });
    await log.publish([record(queries, 'question', 'q1')]);
    const group = `g-${randomUUID()}`;
    const answering = log.read({ topics: [queries], group, maxInFlight: 10 }).pipe(
      concatMap((source) => [accepted(source.key ?? '', source)]),
      publish({
        ...{ log, group, deadLetters: letters, batchSize: 10, probe: SILENT },
        toRecords: (key) => [record(answers, 'a'.repeat(400), key)],
      }),
    );
    await expect(firstValueFrom(answering)).rejects.toMatchObject({
      code: 'config-invalid',
      retriable: true,
      message: expect.stringContaining(`the topic ${answers} allows records of at most 172 bytes`),
      remedy: expect.stringContaining(`--entity-name ${answers} --add-config max.message.bytes=1048588`),
    });
    await setTopic(admin, answers, 'max.message.bytes', '1048588');
    const again = answering.subscribe();
    expect((await read(log, answers, 1)).map(({ key }) => key)).toEqual(['q1']);
    expect((await log.ends([letters])).get(letters)).toEqual([0n]);
    await expect.poll(() => log.lag(group, [queries])).toBe(0);
    again.unsubscribe();
  });

  it('refuses the record of which an answer came that is larger than any topic has to take', async () => {
    const log = await open(delivery);
    const [queries, letters] = [await createTopic(), await createTopic()];
    const answers = await createTopic({ 'max.message.bytes': '70000' });
    await log.publish([record(queries, 'question', 'q1')]);
    const group = `g-${randomUUID()}`;
    const answering = log.read({ topics: [queries], group, maxInFlight: 10 }).pipe(
      concatMap((source) => [accepted(source.key ?? '', source)]),
      publish({
        ...{ log, group, deadLetters: letters, batchSize: 10, probe: SILENT },
        toRecords: (key) => [record(answers, 'a'.repeat(80_000), key)],
      }),
    );
    await firstValueFrom(answering);
    const [letter] = await read(log, letters, 1);
    expect(letter?.headers['lethe-message']).toContain('the result of the record');
  });

  it('refuses what is too large in every form with one message, and writes the others', async () => {
    const log = await open(delivery);
    const topic = await createTopic();
    const large = record(topic, Buffer.alloc(2_000_000));
    const [one, refused, two] = await Promise.allSettled([
      log.publish([record(topic, 'one')]),
      log.publish([large]),
      log.publish([record(topic, 'two')]),
    ]);
    expect([one.status, two.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(refused).toMatchObject({
      reason: {
        code: 'config-invalid',
        message: expect.stringMatching(new RegExp(`${topic} allows records of at most \\d+ bytes`)),
        remedy: expect.stringContaining(`--entity-name ${topic} --add-config max.message.bytes=`),
      },
    });
    expect((await read(log, topic, 2)).map(({ value }) => value.toString())).toEqual(['one', 'two']);
  });
});

it('takes records as large as it says, and none that is much larger', async () => {
  const log = await open('at-least-once');
  for (const config of [{}, { 'max.message.bytes': '5000' }]) {
    const topic = await createTopic(config);
    const largest = await log.largestRecord(topic);
    const filled = (bytes: number): OutgoingRecord => {
      const empty = { ...record(topic, '', 'key'), headers: { a: 'b', 名: '値' } };
      return { ...empty, value: Buffer.alloc(bytes - recordBytes(empty)) };
    };
    await log.publish([filled(largest)]);
    await expect(log.publish([filled(largest + 300)])).rejects.toMatchObject({ code: 'config-invalid' });
  }
});

it('reads records larger than the share of a partition, while others always have some', async () => {
  const log = await open('at-least-once');
  const topic = await createTopic({ 'max.message.bytes': '4000000' }, 3);
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  await log.publish(keys.map((key) => record(topic, Buffer.alloc(3_000_000), key)));
  const group = `g-${randomUUID()}`;
  const sizes = log.read({ topics: [topic], group, maxInFlight: 10, maxInFlightBytes: 2 ** 20 }).pipe(
    mergeMap((input) => from(log.settle(group, [{ input, outputs: [] }]).then(() => input.value.length))),
    take(keys.length),
    toArray(),
  );
  expect(await firstValueFrom(sizes)).toEqual(keys.map(() => 3_000_000));
});

it('creates topics with room for large records, and compares what others have', async () => {
  const wanted = (topic: string, bytes: number) => [
    { topic, partitions: 1, replicationFactor: 1, config: { 'max.message.bytes': String(bytes) } },
  ];
  const topic = `t-${randomUUID()}`;
  expect(await ensureTopics(admin, wanted(topic, 5_000_000))).toMatchObject({
    created: [topic],
    problems: [],
  });
  expect(await checkTopics(admin, wanted(topic, 4_000_000))).toEqual([]);
  const problems = await checkTopics(admin, wanted(topic, 6_000_000));
  expect(topicError(problems)).toMatchObject({
    message: `the topic ${topic} has max.message.bytes=5000000, but Lethe needs at least 6000000`,
    remedy: expect.stringContaining('--add-config max.message.bytes=6000000'),
  });
  // Topics of results must take ordinary ones; nothing is set where they are created.
  const small = await createTopic({ 'max.message.bytes': '300' });
  const least = [{ topic: small, partitions: 1, replicationFactor: 1, config: {}, leastBatch: 70_000 }];
  const tooSmall = await checkTopics(admin, least);
  expect(tooSmall.every(isTolerable)).toBe(true);
  expect(topicError(tooSmall)).toMatchObject({
    message: `the topic ${small} has max.message.bytes=300, but Lethe needs at least 70000`,
    remedy: expect.stringContaining(`--entity-name ${small} --add-config max.message.bytes=70000`),
  });
  // A topic that has the brokers' default is compared by that.
  const byDefault = await createTopic();
  expect(await checkTopics(admin, wanted(byDefault, 2_000_000))).toMatchObject([{ found: '1048588' }]);
});
