import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { createClient } from 'redis';
import { concatMap, firstValueFrom, type Observable, take, timeout, toArray } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AclRole, aclsOf } from '../../scripts/security/kafkaAcls.js';
import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { createKafkaLog, type KafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import {
  decodeEvent,
  decodePrediction,
  encodeCommand,
  encodeQuery,
  encodeSample,
} from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { LogRecord } from '../../src/domain/record.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { lethe } from '../support/lethe.js';
import { startLetheProcess, type Variables } from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { redisRules } from '../support/redisUsers.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';

const MODEL = 'least';
const PREFIX = 'least.';
const PASSWORD = 'of-a-user-7c1e';
const ROLES: readonly AclRole[] = ['learner', 'infer', 'producer', 'reader'];
const AXES = { cat: 0, dog: 400, frog: 800 };
const DIMENSION = 1280;
const PER_CLASS = 20;
const topics = topicsUnder(PREFIX);

describe('users with the rights of config/security and no others', () => {
  let kafka: Own<KafkaService>;
  let redis: Own<RedisService>;
  const children: ChildProcess[] = [];
  const logs: KafkaLog[] = [];

  beforeAll(async () => {
    const sasl = Object.fromEntries([...ROLES, 'open', 'nobody'].map((role) => [`lethe-${role}`, PASSWORD]));
    const settings = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The listener without SASL is the administrator's.
      'super.users': 'User:ANONYMOUS',
      'allow.everyone.if.no.acl.found': false,
    };
    [kafka, redis] = await Promise.all([
      ownKafka({ sasl, settings }),
      ownRedis({ password: 'of-the-administrator' }),
    ]);
    const created = await lethe(['topics', 'create'], {
      LETHE_TRANSPORT__KIND: 'kafka',
      LETHE_TRANSPORT__TOPIC_PREFIX: PREFIX,
      LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.brokers]),
    });
    expect(created.code, created.stderr).toBe(0);
    const admin = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const grants = ROLES.map((role) => ({ role, user: `lethe-${role}` }));
    const open = (['infer', 'gateway'] as const).map((role) => ({ role, user: 'lethe-open' }));
    const acl = [...grants, ...open].flatMap((grant) => aclsOf({ ...grant, model: MODEL, prefix: PREFIX }));
    await admin.createAcls({ acl });
    await admin.disconnect();
    const owner = createClient({ url: redis.url });
    await owner.connect();
    for (const user of ['lethe-learner', 'lethe-infer'] as const)
      await owner.aclSetUser(user, redisRules(user, MODEL, PASSWORD));
    await owner.close();
  });
  // A learner that lived on would leave the next one to stand by.
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await Promise.all(logs.map((log) => log.close()));
    await Promise.all([kafka?.dispose(), redis?.dispose()]);
  });

  const variables = (user: string, redisUser: string): Variables => ({
    LETHE_MODEL__NAME: MODEL,
    LETHE_MODEL__BACKEND: 'wasm',
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-least-')),
    LETHE_TRANSPORT__KIND: 'kafka',
    LETHE_TRANSPORT__TOPIC_PREFIX: PREFIX,
    LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.saslBrokers]),
    LETHE_TRANSPORT__KAFKA__SASL__MECHANISM: 'scram-sha-256',
    LETHE_TRANSPORT__KAFKA__SASL__USERNAME: user,
    LETHE_TRANSPORT__KAFKA__SASL__PASSWORD: PASSWORD,
    LETHE_TRANSPORT__KAFKA__CREATE_TOPICS: 'false',
    LETHE_STORES__KIND: 'redis',
    LETHE_STORES__REDIS__URL: `redis://127.0.0.1:${redis.port}`,
    LETHE_STORES__REDIS__USERNAME: redisUser,
    LETHE_STORES__REDIS__PASSWORD: PASSWORD,
    LETHE_CHECKPOINTS__KIND: 'redis',
    LETHE_CONSOLE__ENABLED: 'false',
    LETHE_LOG__LEVEL: 'debug',
    LETHE_WORKER__LEASE_MS: '2000',
  });
  const start = (role: 'learn' | 'infer', user: string, redisUser = user) =>
    startLetheProcess(['--role', role], variables(user, redisUser), (child) => children.push(child));
  const logOf = async (username: string): Promise<KafkaLog> => {
    const sasl = { mechanism: 'scram-sha-256', username, password: PASSWORD } as const;
    const log = await createKafkaLog(kafkaTestOptions(kafka.saslBrokers ?? '', { sasl }));
    logs.push(log);
    return log;
  };
  const follow = (log: KafkaLog, topic: string, group = `reader-${randomUUID()}`): Observable<LogRecord> =>
    log.read({ topics: [topic], group, maxInFlight: 64, from: 'earliest', transient: true }).pipe(
      timeout({ each: 90_000 }),
      concatMap(async (record) => {
        await log.settle(group, [{ input: record, outputs: [] }]);
        return record;
      }),
    );

  it('learn, answer, unlearn, erase', async () => {
    const [learner, worker] = await Promise.all([
      start('learn', 'lethe-learner'),
      start('infer', 'lethe-infer'),
    ]);
    const [producer, reader] = await Promise.all([logOf('lethe-producer'), logOf('lethe-reader')]);
    const command = (body: Command) => producer.publish([encodeCommand(body, MODEL, topics)]);
    const event = async (kind: string) =>
      firstValueFrom(
        follow(reader, topics.events).pipe(
          concatMap(async (record) => decodeEvent(record)),
          concatMap((found) => (found.kind === kind ? [found] : [])),
        ),
      );
    await command({ id: 'l', kind: 'learn', task: 't', classes: Object.keys(AXES), samples: 3 * PER_CLASS });
    await producer.publish(
      Object.entries(AXES).flatMap(([label, axis]) =>
        Array.from({ length: PER_CLASS }, (_, index) => {
          const payload = { kind: 'vector' as const, vector: around(axis, index, DIMENSION) };
          return encodeSample({ id: `${label}${index}`, label, task: 't', payload }, topics);
        }),
      ),
    );
    await event('task-finished');
    await expect.poll(async () => JSON.stringify(await worker.client.status())).toContain('"version":"v0001');
    const ask = (from: string) =>
      producer.publish(
        Object.entries(AXES).map(([truth, axis]) =>
          encodeQuery(
            {
              id: `${from}-${truth}`,
              truth,
              payload: { kind: 'vector', vector: around(axis, 1, DIMENSION) },
            },
            topics,
          ),
        ),
      );
    await ask('before');
    await firstValueFrom(follow(reader, topics.predictions).pipe(take(3), toArray()));
    await command({ id: 'u', kind: 'unlearn', classes: ['cat'] });
    await event('unlearned');
    await ask('after');
    const answers = await firstValueFrom(follow(reader, topics.predictions).pipe(take(6), toArray()));
    const labels = new Map(
      answers.map((record) => decodePrediction(record)).map(({ queryId, label }) => [queryId, label]),
    );
    expect([labels.get('before-cat'), labels.get('before-dog'), labels.get('after-dog')]).toEqual([
      'cat',
      'dog',
      'dog',
    ]);
    expect(labels.get('after-cat')).not.toBe('cat');
    // A worker whose gateway takes messages needs the rights of `gateway`, too.
    const open = await start('infer', 'lethe-open', 'lethe-infer');
    await expect.poll(async () => (await fetch(`${open.url}/readyz`)).status).toBe(200);
    const told = firstValueFrom((await open.client.tail('predictions')).pipe(timeout(60_000)));
    const payload = { kind: 'vector' as const, vector: around(AXES.frog, 1, DIMENSION) };
    await open.client.publish([encodeQuery({ id: 'by-http', payload }, open.client.topics)]);
    expect(decodePrediction(await told)).toMatchObject({ queryId: 'by-http', label: 'frog' });
    await expect(
      worker.client.publish([encodeQuery({ id: 'refused', payload }, worker.client.topics)]),
    ).rejects.toMatchObject({ code: 'config-invalid', field: 'transport.kafka.sasl.username' });
    await command({ id: 'e', kind: 'erase', classes: ['cat'] });
    expect(await event('erased')).toMatchObject({ databaseFiles: 'refused' });
    await expect.poll(async () => JSON.stringify(await worker.client.status())).toContain('"state":"erased"');
    // Who may not read a topic says so, and counts the others.
    const { places } = await learner.client.evidence('cat', true);
    const details = new Map(places.map(({ place, detail }) => [place, detail]));
    expect(details.get(topics.queries)).toMatch(/^its records could not be counted: Kafka forbids this/);
    expect(details.get(topics.samples)).toMatch(new RegExp(`^${PER_CLASS} records name it`));
    for (const { lines } of [learner, worker])
      expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    expect(JSON.stringify([learner.lines, worker.lines])).not.toContain(PASSWORD);
  });

  it('a reader may not write, nor a producer read: one clear line', async () => {
    const [producer, reader] = await Promise.all([logOf('lethe-producer'), logOf('lethe-reader')]);
    const forbidden = { code: 'config-invalid', field: 'transport.kafka.sasl.username' };
    const query = encodeQuery(
      { id: 'q', payload: { kind: 'vector', vector: new Float32Array([1]) } },
      topics,
    );
    await expect(reader.publish([query])).rejects.toMatchObject(forbidden);
    await expect(firstValueFrom(follow(producer, topics.predictions))).rejects.toMatchObject(forbidden);
  });

  it.each([
    [
      'no rights in Kafka',
      'lethe-nobody',
      'lethe-learner',
      /transport\.kafka\.sasl\.username|Kafka has no topic/,
    ],
    ['an answering worker\u2019s rights in Kafka', 'lethe-infer', 'lethe-learner', /Kafka forbids this/],
    ['an answering worker\u2019s rights in Redis', 'lethe-learner', 'lethe-infer', /NOPERM|Redis/],
  ])(
    'a learner with %s ends with one line',
    async (_, user, redisUser, says) => {
      const { code, stderr } = await lethe(['run', '--role', 'learn', '--port', '0'], {
        ...variables(user, redisUser),
        LETHE_LOG__LEVEL: 'silent',
      });
      const lines = stderr.trim().split('\n');
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(says);
      expect(code).not.toBe(0);
      expect(stderr).not.toContain(PASSWORD);
    },
    120_000,
  );
});
