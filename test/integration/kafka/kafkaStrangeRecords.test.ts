import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin, type Message, type Producer } from 'kafkajs';
import { concatMap, firstValueFrom, take, toArray } from 'rxjs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { execute } from '../../../scripts/services/commands.js';
import { PRODUCER } from '../../../src/adapters/kafka/client.js';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { schemaFraming } from '../../../src/adapters/kafka/schemaRegistry/framing.js';
import { decodeQuery, encodeQuery } from '../../../src/domain/cloudEvents.js';
import { deadLetter } from '../../../src/domain/deadLetter.js';
import type { LogRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { kcatFolder } from '../../support/kcat.js';
import { sharedServices } from '../../support/services.js';
import { thrownBy } from '../../support/thrownBy.js';

const { CompressionTypes } = kafkajs;

let brokers: string;
let admin: Admin;
let producer: Producer;
let log: KafkaLog;

beforeAll(async () => {
  brokers = (await sharedServices()).brokers;
  log = await createKafkaLog({ ...kafkaTestOptions(brokers), framing: schemaFraming(new Map()) });
  const kafka = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING });
  admin = kafka.admin();
  producer = kafka.producer(PRODUCER);
  await Promise.all([admin.connect(), producer.connect()]);
});
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect(), log?.close()]);
});

async function createTopic(): Promise<string> {
  const topic = `t-${randomUUID()}`;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  return topic;
}

/** Reads and settles so many records. */
function read(topic: string, count: number, group = `g-${randomUUID()}`): Promise<LogRecord[]> {
  return firstValueFrom(
    log.read({ topics: [topic], group, maxInFlight: 100 }).pipe(
      concatMap(async (input) => {
        await log.settle(group, [{ input, outputs: [] }]);
        return input;
      }),
      take(count),
      toArray(),
    ),
  );
}

const refusalOf = (record: LogRecord) => thrownBy(() => decodeQuery(record));

it('gives a header without a value as an empty one', async () => {
  const topic = await createTopic();
  const kcat = `${await kcatFolder()}/kcat`;
  const headers = ['-H', 'ce_id=q2', '-H', 'tracking', '-H', 'twice=1', '-H', 'twice=2'];
  await execute('sh', [
    '-c',
    'printf hello | "$@"',
    'sh',
    kcat,
    '-b',
    brokers,
    '-t',
    topic,
    '-P',
    ...headers,
  ]);
  await producer.send({ topic, messages: [{ value: 'next' }] });
  const [strange, next] = await read(topic, 2);
  expect({ ...strange?.headers }).toEqual({ ce_id: 'q2', tracking: '', twice: '1' });
  expect(next?.value.toString()).toBe('next');
});

it('gives one record for each that was written, whatever it is', async () => {
  const topic = await createTopic();
  const invalid = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
  const json = { 'content-type': 'application/json' };
  const strange: Message[] = [
    { value: null },
    { key: '', value: '' },
    { key: invalid, value: invalid, headers: { [invalid.toString()]: invalid, '': invalid } },
    {
      value: 'x',
      headers: Object.fromEntries([
        ['__proto__', 'p'],
        ['constructor', 'c'],
        ['toString', 't'],
      ]),
    },
    { value: 'x', headers: { many: ['a', invalid, ''], none: [] } },
    { value: Buffer.from([0]), headers: json },
    { value: Buffer.from([0, 1, 2, 3]), headers: json },
    { value: 'x', timestamp: '-1' },
    { value: 'x', timestamp: '0' },
    { key: 'k'.repeat(900_000), value: 'x' },
    { value: 'x', headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`h${i}`, 'v'])) },
  ];
  for (const message of strange) await producer.send({ topic, messages: [message] });
  await producer.send({ topic, messages: [{ value: 'next' }] });
  const records = await read(topic, strange.length + 1);
  expect(records.map(({ offset }) => Number(offset))).toEqual([...strange.keys(), strange.length]);
  expect(records.at(-1)?.value.toString()).toBe('next');
  expect(Object.entries(records[3]?.headers ?? {})).toEqual(
    expect.arrayContaining([
      ['__proto__', 'p'],
      ['constructor', 'c'],
      ['toString', 't'],
    ]),
  );
  expect(Object.keys(records[10]?.headers ?? {})).toHaveLength(10_000);
  for (const record of records) {
    expect(Number.isFinite(record.timestamp)).toBe(true);
    expect(refusalOf(record)).toMatchObject({ name: 'LetheError' });
    expect(deadLetter(record, refusalOf(record), 'letters').headers['lethe-topic']).toBe(topic);
  }
});

it('sets a batch aside that would fill memory, and goes on behind it', async () => {
  const topics = topicsUnder(`${randomUUID()}.`);
  const topic = topics.queries;
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] });
  await producer.send({ topic, messages: [{ value: 'before' }] });
  // The broker takes it: 140 MB of zeros are 140 kB by gzip.
  const bomb = [{ value: 'small' }, { value: Buffer.alloc(140 * 2 ** 20) }];
  await producer.send({ topic, compression: CompressionTypes.GZIP, messages: bomb });
  await log.publish([
    encodeQuery({ id: 'q1', payload: { kind: 'vector', vector: new Float32Array(4) } }, topics),
  ]);
  const group = `g-${randomUUID()}`;
  const [before, aside, after] = await read(topic, 3, group);
  expect(before?.value.toString()).toBe('before');
  expect(decodeQuery(after as LogRecord).id).toBe('q1');
  expect(aside).toMatchObject({ offset: 2n, value: Buffer.alloc(0), unreadable: { firstOffset: 1n } });
  const error = refusalOf(aside as LogRecord);
  expect(error).toMatchObject({ code: 'invalid-message', field: 'compression' });
  const { bytes, sha256 } = aside?.unreadable ?? {};
  expect(bytes).toBeLessThan(200_000);
  expect(deadLetter(aside as LogRecord, error, 'letters').headers).toMatchObject({
    'lethe-first-offset': '1',
    'lethe-offset': '2',
    'lethe-reason': 'invalid-message',
    'lethe-message': expect.stringContaining('gzip'),
    'lethe-value-bytes': String(bytes),
    'lethe-value-sha256': sha256,
  });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  // Settled like any other: whoever goes on begins behind it.
  expect(await log.positions(group, topic)).toEqual([4n]);
}, 60_000);
