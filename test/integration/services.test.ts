import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import kafkajs, { type KafkaConfig } from 'kafkajs';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { KafkaService } from '../../scripts/services/kafka.js';
import { freePort } from '../../scripts/services/ports.js';
import { type Own, ownKafka, ownRedis, sharedServices } from '../support/services.js';

const run = promisify(execFile);

function kafkaAt(brokers: string, config: Partial<KafkaConfig> = {}): kafkajs.Kafka {
  return new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING, ...config });
}

async function write(kafka: kafkajs.Kafka, topic: string, value: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ value }] });
  await producer.disconnect();
}

async function firstValue(kafka: kafkajs.Kafka, topic: string): Promise<string | undefined> {
  const consumer = kafka.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const value = await new Promise<string | undefined>((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(message.value?.toString()) });
  });
  await consumer.disconnect();
  return value;
}

async function topics(kafka: kafkajs.Kafka): Promise<string[]> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

describe('the shared services', () => {
  it('are a Kafka that delivers and a Redis that searches', async () => {
    const { brokers, redisUrl } = await sharedServices();
    const topic = randomUUID();
    await write(kafkaAt(brokers), topic, 'hello');
    expect(await firstValue(kafkaAt(brokers), topic)).toBe('hello');

    const redis = await createClient({ url: redisUrl }).connect();
    onTestFinished(() => redis.destroy());
    const index = randomUUID();
    await redis.ft.create(index, { label: 'TAG' }, { ON: 'HASH', PREFIX: `${index}:` });
    await redis.hSet(`${index}:1`, 'label', 'cat');
    await expect.poll(() => redis.ft.search(index, '@label:{cat}')).toMatchObject({ total: 1 });
    await redis.json.set(`${index}:json`, '$', { a: 1 });
    expect(await redis.json.get(`${index}:json`)).toEqual({ a: 1 });
  });

  it('are the same ones for whoever asks', async () => {
    expect(await sharedServices()).toEqual(await sharedServices());
  });
});

describe('a Kafka of its own', () => {
  let service: Own<KafkaService>;
  const users = { lethe: 'secret "word"' };
  beforeAll(async () => {
    service = await ownKafka({ sasl: users, tls: true });
  });
  afterAll(() => service?.dispose());

  it.each(['plain', 'scram-sha-256'] as const)('asks for a user by %s', async (mechanism) => {
    const as = (password: string) =>
      kafkaAt(service.saslBrokers ?? '', {
        sasl: { mechanism, username: 'lethe', password } as kafkajs.SASLOptions,
        retry: { retries: 0 },
      });
    expect(await topics(as(users.lethe))).toBeInstanceOf(Array);
    await expect(topics(as('wrong'))).rejects.toThrow(/authentication/i);
  });

  it('speaks TLS with a certificate that its CA vouches for', async () => {
    const ca = await readFile(service.ca ?? '', 'utf8');
    expect(await topics(kafkaAt(service.sslBrokers ?? '', { ssl: { ca } }))).toBeInstanceOf(Array);
  });

  it('keeps its data over a kill', async () => {
    await write(kafkaAt(service.brokers), 'kept', 'before the kill');
    const pid = service.pid;
    await service.kill();
    await service.restart();
    expect(service.pid).not.toBe(pid);
    expect(await firstValue(kafkaAt(service.brokers), 'kept')).toBe('before the kill');
  });
});

describe('a Kafka that does not start', () => {
  it('says why, and not where in Kafka', async () => {
    const port = await freePort();
    const start = ownKafka({ port, controllerPort: port });
    await expect(start).rejects.toThrow(/failed \(1\)\n.*two listeners on the same port/s);
    await expect(start).rejects.not.toThrow(/at kafka\./);
  });
});

describe('free ports', () => {
  it('differ, as one broker asks for four of them', async () => {
    const ports: number[] = [];
    while (ports.length < 1000) ports.push(await freePort());
    expect(new Set(ports).size).toBe(ports.length);
  });
});

describe('a Redis of its own', () => {
  it('keeps its data over a kill, and answers again after a freeze', async () => {
    const service = await ownRedis({ password: 'a "b" c', tls: true });
    onTestFinished(() => service.dispose());
    const before = await createClient({ url: service.url }).connect();
    await before.set('key', 'value');
    before.destroy();
    await service.kill();
    await service.restart();

    const ca = await readFile(service.tls?.ca ?? '', 'utf8');
    const after = await createClient({ url: service.tls?.url ?? '', socket: { tls: true, ca } }).connect();
    onTestFinished(() => after.destroy());
    expect(await after.get('key')).toBe('value');

    service.freeze();
    let answered = false;
    const answer = after.get('key').finally(() => {
      answered = true;
    });
    const other = await createClient({ url: (await sharedServices()).redisUrl }).connect();
    await other.ping();
    other.destroy();
    expect(answered).toBe(false);
    service.resume();
    expect(await answer).toBe('value');
  });
});

describe('scripts/services.ts', () => {
  const services = async (...args: string[]): Promise<string> =>
    (await run(process.execPath, ['--import', 'tsx', 'scripts/services.ts', ...args])).stdout;

  it('starts what does not run, says what runs, and stops it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lethe-cli-'));
    const [kafka, redis] = [await freePort(), await freePort()];
    const flags = ['--folder', folder, '--kafka-port', String(kafka), '--redis-port', String(redis)];
    onTestFinished(async () => {
      await services('down', ...flags);
      await rm(folder, { recursive: true, force: true });
    });
    expect(await services('up', ...flags)).toMatch(`at 127.0.0.1:${kafka}`);
    expect(await services('up', ...flags)).toMatch(/kafka: runs already/);
    const status = await services('status', ...flags);
    expect(status).toMatch(`kafka: runs at 127.0.0.1:${kafka}`);
    expect(status).toMatch(`redis: runs at 127.0.0.1:${redis}`);
    expect(await services('down', ...flags)).toMatch(/kafka: stopped/);
  });

  it('says in one line that a port is taken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lethe-cli-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { brokers, redisUrl } = await sharedServices();
    const taken = [`--kafka-port=${brokers.split(':')[1]}`, `--redis-port=${new URL(redisUrl).port}`];
    const up = services('up', '--folder', folder, ...taken);
    await expect(up).rejects.toMatchObject({
      stderr: expect.stringMatching(/^kafka: port \d+ is taken by another program.*$/m),
    });
  });
});
