import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaService } from '../../scripts/services/kafka.js';
import { freePort } from '../../scripts/services/ports.js';
import { launch, type ProcessHandle } from '../../scripts/services/processHandle.js';
import { provisionRedis, type RedisService } from '../../scripts/services/redis.js';
import { withAdmin } from '../../src/adapters/kafka/startCheck.js';
import { createRedisStore } from '../../src/adapters/redis/createRedisStore.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { LETHE, type Variables } from '../support/letheProcess.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';

const REDIS_PASSWORD = 'of-redis-41c7';
const KAFKA_PASSWORD = 'of-kafka-9b02';
const WRONG = 'not-the-password';
const INDEX = { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 64, type: 'float32' } as const;

let kafka: Own<KafkaService>;
let redis: Own<RedisService>;
let plain: { readonly url: string; readonly process: ProcessHandle };

beforeAll(async () => {
  [kafka, redis, plain] = await Promise.all([
    ownKafka({ sasl: { lethe: KAFKA_PASSWORD }, tls: true }),
    ownRedis({ password: REDIS_PASSWORD, tls: true }),
    redisWithoutModules(),
  ]);
});
afterAll(async () => {
  await Promise.all([kafka?.dispose(), redis?.dispose(), plain?.process.kill()]);
});

async function redisWithoutModules() {
  const programs = await provisionRedis();
  const port = await freePort();
  const process = await launch({
    name: 'Redis without modules',
    program: join(programs, 'redis-server'),
    args: ['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
    environment: { LD_LIBRARY_PATH: join(programs, 'openssl') },
    logFile: join(mkdtempSync(join(tmpdir(), 'lethe-plain-redis-')), 'redis.log'),
    readyLine: 'Ready to accept connections',
    port,
    outlives: false,
  });
  return { url: `redis://127.0.0.1:${port}`, process };
}

/** Everything as it should be; each case changes what it is about. */
function rightly(): Variables {
  return {
    LETHE_MODEL__NAME: `wrong-${randomUUID()}`,
    LETHE_DISK__FOLDER: mkdtempSync(join(tmpdir(), 'lethe-wrong-disk-')),
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-wrong-')),
    LETHE_TRANSPORT__KIND: 'kafka',
    LETHE_TRANSPORT__TOPIC_PREFIX: `wrong-${randomUUID()}.`,
    LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.brokers]),
    LETHE_TRANSPORT__KAFKA__START_TIMEOUT_MS: '10000',
    LETHE_STORES__KIND: 'redis',
    LETHE_STORES__REDIS__URL: `redis://127.0.0.1:${redis.port}`,
    LETHE_STORES__REDIS__PASSWORD: REDIS_PASSWORD,
    LETHE_STORES__REDIS__START_TIMEOUT_MS: '10000',
    LETHE_LOG__LEVEL: 'error',
  };
}

/** Port of a TLS address, with another protocol before it. */
const portOf = (address: string | undefined): string => String(address).replace(/.*:/, '');

const sasl = (password: string, mechanism: string): Variables => ({
  LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.saslBrokers]),
  LETHE_TRANSPORT__KAFKA__SASL__MECHANISM: mechanism,
  LETHE_TRANSPORT__KAFKA__SASL__USERNAME: 'lethe',
  LETHE_TRANSPORT__KAFKA__SASL__PASSWORD: password,
});

interface Case {
  readonly is: string;
  readonly change: () => Variables | Promise<Variables>;
  /** Key of the configuration that the line names. */
  readonly key: string;
  readonly says: RegExp;
}

const CASES: readonly Case[] = [
  {
    is: 'a broker where none is',
    change: () => ({ LETHE_TRANSPORT__KAFKA__BROKERS: '["127.0.0.1:9"]' }),
    key: 'transport.kafka.brokers',
    says: /Check that the brokers run/,
  },
  {
    is: 'a wrong password of Kafka (PLAIN)',
    change: () => sasl(WRONG, 'plain'),
    key: 'transport.kafka.sasl.password',
    says: /refused the user lethe/,
  },
  {
    is: 'a wrong password of Kafka (SCRAM)',
    change: () => sasl(WRONG, 'scram-sha-256'),
    key: 'transport.kafka.sasl.password',
    says: /refused the user lethe/,
  },
  {
    is: 'no password for a listener of Kafka that asks for one',
    change: () => ({ LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.saslBrokers]) }),
    key: 'transport.kafka.brokers',
    says: /transport\.kafka\.sasl/,
  },
  {
    is: 'no TLS for a listener of Kafka that speaks it',
    change: () => ({ LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.sslBrokers]) }),
    key: 'transport.kafka.brokers',
    says: /requires TLS, set transport\.kafka\.ssl/,
  },
  {
    is: 'TLS for a listener of Kafka without it',
    change: () => ({ LETHE_TRANSPORT__KAFKA__SSL__ENABLED: 'true' }),
    key: 'transport.kafka.brokers',
    says: /without TLS, remove transport\.kafka\.ssl/,
  },
  {
    is: 'an authority that did not sign the broker',
    change: () => ({
      LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([kafka.sslBrokers]),
      LETHE_TRANSPORT__KAFKA__SSL__ENABLED: 'true',
    }),
    key: 'transport.kafka.ssl',
    says: /transport\.kafka\.ssl\.ca/,
  },
  {
    is: 'a topic with too few partitions',
    change: async () => {
      const prefix = `wrong-${randomUUID()}.`;
      await withAdmin(kafkaTestOptions(kafka.brokers), (admin) =>
        admin.createTopics({ topics: [{ topic: `${prefix}queries`, numPartitions: 2 }] }),
      );
      return { LETHE_TRANSPORT__TOPIC_PREFIX: prefix };
    },
    key: 'transport.partitions',
    says: /queries has 2 partitions instead of 4.*Lower transport\.partitions to 2/,
  },
  {
    is: 'a missing topic that is not to be created',
    change: () => ({ LETHE_TRANSPORT__KAFKA__CREATE_TOPICS: 'false' }),
    key: 'transport.topics',
    says: /lethe topics create/,
  },
  {
    is: 'a Redis where none is',
    change: () => ({ LETHE_STORES__REDIS__URL: 'redis://127.0.0.1:9' }),
    key: 'stores.redis.url',
    says: /Start Redis Stack/,
  },
  {
    is: 'a wrong password of Redis',
    change: () => ({ LETHE_STORES__REDIS__PASSWORD: WRONG }),
    key: 'stores.redis.password',
    says: /refuses access/,
  },
  {
    is: 'a Redis without the search module',
    change: () => ({ LETHE_STORES__REDIS__URL: plain.url, LETHE_STORES__REDIS__PASSWORD: '' }),
    key: 'stores.redis.url',
    says: /no search module.*Redis Stack/,
  },
  {
    is: 'an index of another dimension',
    change: async () => {
      const model = `wrong-${randomUUID()}`;
      const store = await createRedisStore({ url: redis.url, model, dimension: 4, index: INDEX });
      await store.close();
      return { LETHE_MODEL__NAME: model };
    },
    key: 'embedder',
    says: /have 4 components, those of the embedder 1280/,
  },
  {
    is: 'vectors of another embedder of the same dimension',
    change: async () => {
      const model = `wrong-${randomUUID()}`;
      const embedder = { name: 'another', isNoted: true };
      const store = await createRedisStore({
        url: redis.url,
        model,
        dimension: 1280,
        embedder,
        index: INDEX,
      });
      const vector = new Float32Array(1280).fill(1280 ** -0.5);
      await store.vectors.upsert('cil', [{ id: 'v', className: 'cat', task: 't', vector }]);
      await store.close();
      return { LETHE_MODEL__NAME: model };
    },
    key: 'embedder',
    says: /of another \(dimension 1280\), not of efficientnet-lite0@\d+/,
  },
  {
    is: 'a learner other than the one that made the model',
    change: async () => {
      const name = `wrong-${randomUUID()}`;
      const store = await createRedisStore({ url: redis.url, model: name, dimension: 1280, index: INDEX });
      const model = {
        version: 'v0001-00000000',
        task: 't',
        classes: ['cat'],
        checkpoint: 'redis:none',
        sha256: '0'.repeat(64),
        dimension: 1280,
        backend: 'tensorflow',
      };
      await store.lease.acquire(() => undefined, AbortSignal.timeout(5000));
      await store.registry.update(() => ({ model }));
      await store.close();
      return { LETHE_MODEL__NAME: name, LETHE_LEARNING__LEARNER: 'analytic' };
    },
    key: 'learning.learner',
    says: /the learner ssre made.*Set learning\.learner to ssre/,
  },
  {
    is: 'no TLS for a port of Redis that speaks it',
    change: () => ({ LETHE_STORES__REDIS__URL: `redis://127.0.0.1:${portOf(redis.tls?.url)}` }),
    key: 'stores.redis.url',
    says: /rediss:/,
  },
  {
    is: 'TLS for a port of Redis without it',
    change: () => ({ LETHE_STORES__REDIS__URL: `rediss://127.0.0.1:${redis.port}` }),
    key: 'stores.redis.url',
    says: /redis:/,
  },
  {
    is: 'an authority that did not sign Redis',
    change: () => ({ LETHE_STORES__REDIS__URL: `rediss://127.0.0.1:${portOf(redis.tls?.url)}` }),
    key: 'stores.redis.ca',
    says: /stores\.redis\.ca/,
  },
  {
    is: 'an authority of Redis that can not be read',
    change: () => ({
      LETHE_STORES__REDIS__URL: `rediss://127.0.0.1:${portOf(redis.tls?.url)}`,
      LETHE_STORES__REDIS__CA: '/nowhere/ca.pem',
    }),
    key: 'stores.redis.ca',
    says: /PEM/,
  },
];

async function run(change: Variables): Promise<{ readonly code: number; readonly errors: string }> {
  const { LETHE_STORES__REDIS__PASSWORD, ...variables } = { ...rightly(), ...change };
  const password = LETHE_STORES__REDIS__PASSWORD ? { LETHE_STORES__REDIS__PASSWORD } : {};
  const child = spawn(process.execPath, [LETHE, 'run', '--port', '0'], {
    env: { ...process.env, ...variables, ...password },
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code] = await once(child, 'close');
  return { code: Number(code), errors };
}

describe('a start with a wrong configuration of the services ends with one line that names the key, and 78', () => {
  it.concurrent.each(CASES)('$is', async ({ change, key, says }) => {
    const { code, errors } = await run(await change());
    const lines = errors.trim().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`(field ${key}`);
    expect(lines[0]).toMatch(says);
    expect(code).toBe(78);
    for (const secret of [REDIS_PASSWORD, KAFKA_PASSWORD, WRONG]) expect(errors).not.toContain(secret);
  });
});
