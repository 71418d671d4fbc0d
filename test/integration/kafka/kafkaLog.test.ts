import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { firstValueFrom, mergeMap, take, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KafkaService } from '../../../scripts/services/kafka.js';
import { freePort } from '../../../scripts/services/ports.js';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import type { Compression, KafkaLogOptions } from '../../../src/adapters/kafka/options.js';
import { withAdmin } from '../../../src/adapters/kafka/startCheck.js';
import { checkTopics, ensureTopics, topicError } from '../../../src/adapters/kafka/topics.js';
import type { LogRecord, OutgoingRecord } from '../../../src/domain/record.js';
import { committedValues } from '../../support/committedValues.js';
import { describeEventLog } from '../../support/contracts/eventLog.contract.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { type Own, ownKafka } from '../../support/services.js';
import { startWorker, type Worker } from './kafkaWorkers.js';

let broker: Own<KafkaService>;
let admin: Admin;
const logs: KafkaLog[] = [];

beforeAll(async () => {
  broker = await ownKafka({ sasl: { lethe: 'lethe-secret' }, tls: true });
  admin = new kafkajs.Kafka({ brokers: [broker.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()));
});
afterAll(async () => {
  await admin?.disconnect();
  await broker?.dispose();
});

const options = (changes: Partial<KafkaLogOptions> = {}): KafkaLogOptions =>
  kafkaTestOptions(broker.brokers, changes);

async function open(changes: Partial<KafkaLogOptions> = {}): Promise<KafkaLog> {
  const log = await createKafkaLog(options(changes));
  logs.push(log);
  return log;
}

async function createTopic(numPartitions: number, config: Record<string, string> = {}): Promise<string> {
  const topic = `t-${randomUUID()}`;
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] }).catch((error: Error) => {
    // kafkajs asks for the leaders before every broker has heard of the topic; whoever uses it asks again.
    if (!/does not host this topic-partition/.test(error.message)) throw error;
  });
  return topic;
}

const newGroup = (): string => `group-${randomUUID()}`;

function record(topic: string, value: string, key: string | null = null): OutgoingRecord {
  return { topic, key, value: Buffer.from(value), headers: {} };
}

function numbered(topic: string, count: number, from = 0): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => record(topic, String(from + i), `key-${i}`));
}

/** Everything that is in a topic, as a group sees it that reads what is committed. */
async function valuesIn(log: KafkaLog, topic: string, count: number): Promise<string[]> {
  const reading = { topics: [topic], group: newGroup(), maxInFlight: 1e6, transient: true };
  const records = await firstValueFrom(log.read(reading).pipe(take(count), toArray()));
  return records.map(({ value }) => value.toString());
}

const numerically = (texts: readonly string[]): string[] => [...texts].sort((a, b) => Number(a) - Number(b));

for (const delivery of ['exactly-once', 'at-least-once'] as const) {
  describeEventLog(
    `in Kafka, ${delivery}`,
    async () => {
      const log = await createKafkaLog(options({ delivery }));
      return { log, createTopic, close: () => log.close() };
    },
    { propertyRuns: 5 },
  );
}

describe('workers of one group', () => {
  const workers: Worker[] = [];
  afterEach(() => {
    for (const worker of workers.splice(0)) worker.kill();
  });
  const work = (group: string, from: string, to: string): Worker => {
    const worker = startWorker({ broker: broker.brokers, group, from, to, workMs: 30 });
    workers.push(worker);
    return worker;
  };

  it('answers each record once when one of them is killed', async () => {
    const log = await open();
    const [from, to, group] = [await createTopic(4), await createTopic(2), newGroup()];
    const one = work(group, from, to);
    const two = work(group, from, to);
    await publishUntil(log, from, [one, two]);
    one.kill();
    expect(numerically(await answersOf(log, group, from, to))).toEqual(
      numbered(from, 600).map(({ value }) => value.toString()),
    );
  });

  it('fences off one that stalls, and tells it what it lost', async () => {
    const log = await open();
    const [from, to, group] = [await createTopic(4), await createTopic(2), newGroup()];
    const zombie = work(group, from, to);
    const other = work(group, from, to);
    await publishUntil(log, from, [zombie, other]);
    zombie.stall();
    await expect.poll(() => log.lag(group, [from]), { interval: 300 }).toBe(0);
    zombie.wake();
    await expect.poll(() => zombie.lost.length).toBeGreaterThan(0);
    expect(numerically(await answersOf(log, group, from, to))).toEqual(
      numbered(from, 600).map(({ value }) => value.toString()),
    );
  });

  it('settles or loses what is under way when others come and go, and can be closed', async () => {
    const [from, to, group] = [await createTopic(12), await createTopic(2), newGroup()];
    const count = 6000;
    const padding = 'x'.repeat(4000);
    const copy = (log: KafkaLog): void => {
      log
        .read({ topics: [from], group, maxInFlight: 200 })
        .pipe(
          mergeMap(async (input) => {
            const output = { ...record(to, input.value.toString()), headers: { padding } };
            await log.settle(group, [{ input, outputs: [output] }]);
          }),
        )
        .subscribe();
    };
    const one = await open();
    await one.publish(numbered(from, count));
    copy(one);
    for (let left = count; left > count / 4; ) {
      await expect.poll(() => one.lag(group, [from]), { interval: 20 }).toBeLessThan(left - count / 12);
      left = await one.lag(group, [from]);
      const other = await open();
      copy(other);
      if (logs.length > 3) await logs.splice(1, 1)[0]?.close();
    }
    await expect.poll(() => one.lag(group, [from]), { interval: 100 }).toBe(0);
    await Promise.all(logs.splice(0).map((log) => log.close()));
    const reader = await open();
    const seen = await committedValues(reader, { broker: broker.brokers, topic: to });
    expect(numerically(seen)).toEqual(numbered(from, count).map(({ value }) => value.toString()));
  });

  /** Publishes 600 records, the last 300 of them when all workers are at work. */
  async function publishUntil(log: KafkaLog, from: string, busy: readonly Worker[]): Promise<void> {
    let count = 0;
    const more = async (until: number): Promise<void> => {
      for (; count < until; count += 10) await log.publish(numbered(from, 10, count));
    };
    while (busy.some(({ started }) => started.length === 0) && count < 300) {
      await more(count + 10);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    await more(600);
  }

  /** Waits until the group is through, then reads all answers and what follows them. */
  async function answersOf(log: KafkaLog, group: string, from: string, to: string): Promise<string[]> {
    await expect.poll(() => log.lag(group, [from]), { interval: 300 }).toBe(0);
    for (const worker of workers) worker.kill();
    return committedValues(log, { broker: broker.brokers, topic: to });
  }
});

describe('a broker that dies', () => {
  it('is waited for, and each record is answered once', async () => {
    const own = await ownKafka();
    onTestFinished(() => own.dispose());
    const owner = new kafkajs.Kafka({ brokers: [own.brokers], logLevel: 0 }).admin();
    await owner.connect();
    const [from, to, group] = ['from', 'to', newGroup()];
    await owner.createTopics({
      topics: [
        { topic: from, numPartitions: 3 },
        { topic: to, numPartitions: 2 },
      ],
      waitForLeaders: true,
    });
    await owner.disconnect();
    const connections: boolean[] = [];
    const log = await open({
      brokers: [own.brokers],
      onConnection: (connected) => connections.push(connected),
    });
    const lost: LogRecord[] = [];
    let settled = 0;
    const reader = log
      .read({ topics: [from], group, maxInFlight: 20 })
      .pipe(
        mergeMap(async (input) => {
          await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
          lost.push(...(await log.settle(group, [{ input, outputs: [record(to, input.value.toString())] }])));
          settled++;
        }),
      )
      .subscribe();
    await log.publish(numbered(from, 400));
    for (const point of [50, 150, 250]) {
      await expect.poll(() => settled, { interval: 5 }).toBeGreaterThan(point);
      await own.kill();
      await own.restart();
    }
    await expect.poll(() => log.lag(group, [from]), { interval: 300 }).toBe(0);
    reader.unsubscribe();
    const answers = await committedValues(log, { broker: own.brokers, topic: to });
    expect(numerically(answers)).toEqual(numbered(from, 400).map(({ value }) => value.toString()));
    expect(connections.at(-1)).toBe(true);
    expect(connections).toContain(false);
  });
});

describe('compression', () => {
  const text = 'Katze 猫 '.repeat(20_000);

  it.each<Compression>(['none', 'gzip', 'lz4', 'zstd', 'snappy'])(
    'writes and reads %s',
    async (compression) => {
      const log = await open({ compression });
      // The broker decompresses what it is given and compresses it anew, so Java has read it.
      for (const config of [{}, { 'compression.type': 'gzip' }]) {
        const topic = await createTopic(1, config);
        await log.publish([record(topic, text), record(topic, 'small')]);
        expect(await valuesIn(log, topic, 2)).toEqual([text, 'small']);
      }
    },
  );

  it.each(['gzip', 'lz4', 'zstd', 'snappy'])('reads %s that the broker wrote', async (type) => {
    const log = await open();
    const topic = await createTopic(1, { 'compression.type': type });
    const large = randomUUID().repeat(1000) + text;
    await log.publish([record(topic, large), record(topic, text)]);
    expect(await valuesIn(log, topic, 2)).toEqual([large, text]);
  });
});

describe('publishing', () => {
  it('sends together what comes within a few milliseconds', async () => {
    const log = await open({ lingerMs: 20 });
    const topic = await createTopic(1);
    await Promise.all(numbered(topic, 100).map((one) => log.publish([one])));
    expect(log.publishRequests).toBeLessThan(5);
    expect(await valuesIn(log, topic, 100)).toEqual(
      numbered(topic, 100).map(({ value }) => value.toString()),
    );
  });

  it('splits what is too large for one request', async () => {
    const log = await open({ batchBytes: 10_000 });
    const topic = await createTopic(1);
    const written = Array.from({ length: 10 }, (_, i) => record(topic, String(i).repeat(4000)));
    await log.publish(written);
    expect(log.publishRequests).toBe(5);
    expect(await valuesIn(log, topic, 10)).toEqual(written.map(({ value }) => value.toString()));
  });

  it('refuses a record that the broker does not take', async () => {
    const log = await open();
    const topic = await createTopic(1);
    await expect(log.publish([record(topic, 'x'.repeat(2_000_000))])).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'max.message.bytes',
    });
  });

  it('is refused when the log is closed', async () => {
    const log = await open();
    await log.close();
    const closed = { code: 'overloaded', retriable: true };
    await expect(log.publish([])).rejects.toMatchObject(closed);
    await expect(log.settle('group', [])).rejects.toMatchObject(closed);
    await expect(log.ends([])).rejects.toMatchObject(closed);
  });
});

describe('topics', () => {
  const wanted = (topic: string, partitions: number, policy = 'delete') => ({
    topic,
    partitions,
    replicationFactor: 1,
    config: { 'cleanup.policy': policy },
  });

  it('creates those that are missing', async () => {
    const topic = `t-${randomUUID()}`;
    await withAdmin(options(), async (own) => {
      const want = [wanted(topic, 3, 'compact')];
      expect(topicError(await checkTopics(own, want))).toMatchObject({ value: topic });
      expect(await ensureTopics(own, want)).toEqual({ created: [topic], problems: [] });
      expect(await ensureTopics(own, want)).toEqual({ created: [], problems: [] });
    });
  });

  it('tells what is wrong with those that exist', async () => {
    const topic = await createTopic(2);
    const problems = await withAdmin(options(), (own) => checkTopics(own, [wanted(topic, 4, 'compact')]));
    expect(problems).toEqual([
      { kind: 'too-few-partitions', topic, wanted: 4, found: 2 },
      { kind: 'other-config', topic, name: 'cleanup.policy', wanted: 'compact', found: 'delete' },
    ]);
    expect(topicError(problems)).toMatchObject({
      code: 'config-invalid',
      field: 'transport.partitions',
      value: '4',
    });
  });
});

describe('a cluster that cannot be used', () => {
  it('is an error of the configuration: no broker', async () => {
    const port = await freePort();
    const brokers = [`127.0.0.1:${port}`];
    await expect(createKafkaLog(options({ brokers, startTimeoutMs: 1000 }))).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.brokers',
      value: brokers[0],
    });
  });

  it('is an error of the configuration: TLS where there is none', async () => {
    await expect(createKafkaLog(options({ ssl: {}, startTimeoutMs: 3000 }))).rejects.toMatchObject({
      code: 'config-invalid',
      field: expect.stringMatching(/transport\.kafka\.(ssl|brokers)/),
    });
  });

  it('is an error of the configuration: a password that is wrong', async () => {
    const sasl = { mechanism: 'plain', username: 'lethe', password: 'wrong' } as const;
    const brokers = [broker.saslBrokers ?? ''];
    await expect(createKafkaLog(options({ brokers, sasl }))).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.sasl.password',
    });
  });

  it.each(['plain', 'scram-sha-256'] as const)('lets a user in with %s', async (mechanism) => {
    const sasl = { mechanism, username: 'lethe', password: 'lethe-secret' };
    const log = await open({ brokers: [broker.saslBrokers ?? ''], sasl });
    const topic = await createTopic(1);
    await log.publish([record(topic, 'in')]);
    expect(await valuesIn(log, topic, 1)).toEqual(['in']);
  });
});

describe('TLS', () => {
  it('is spoken where the authority is trusted', async () => {
    const ca = await readFile(broker.ca ?? '', 'utf8');
    const log = await open({ brokers: [broker.sslBrokers ?? ''], ssl: { ca } });
    const topic = await createTopic(1);
    await log.publish([record(topic, 'in')]);
    expect(await valuesIn(log, topic, 1)).toEqual(['in']);
  });

  it('is an error of the configuration where it is not', async () => {
    const untrusting = options({ brokers: [broker.sslBrokers ?? ''], ssl: {}, startTimeoutMs: 5000 });
    await expect(createKafkaLog(untrusting)).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'transport.kafka.ssl',
    });
  });
});
