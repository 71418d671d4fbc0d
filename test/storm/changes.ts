import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import { createClient } from 'redis';
import { Keys } from '../../src/adapters/redis/keys.js';
import type { TopicRole } from '../../src/domain/topics.js';
import type { Random } from '../../src/model/ssre/random.js';
import type { Deployment } from './deployment.js';
import type { Ledger } from './ledger.js';
import { failSaving, fillDisk, killTraining } from './processes.js';

const { ConfigResourceTypes } = kafkajs;

/** What a change needs. */
export interface Scene {
  readonly deployment: Deployment;
  readonly ledger: Ledger;
  readonly random: Random;
  readonly admin: Admin;
  redis(...command: readonly string[]): Promise<unknown>;
}

/** Something that happens to what the workers depend on. */
export interface Change {
  readonly name: string;
  /** Nothing is written meanwhile, and everything that was is dealt with: what is deleted has its outcome already. */
  readonly quiet?: true;
  happen(scene: Scene): Promise<void>;
}

/** Connects to the services for the changes; `close` when they are over. */
export async function openScene(
  deployment: Deployment,
  ledger: Ledger,
  random: Random,
): Promise<Scene & { close(): Promise<void> }> {
  const { kafka, redis } = deployment;
  const admin = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  return {
    ...{ deployment, ledger, random, admin },
    // A connection of its own each time: some of the changes close all that there are.
    redis: async (...commands) => {
      const client = createClient({ url: redis.url });
      client.on('error', () => undefined);
      await client.connect();
      try {
        return await client.sendCommand(commands);
      } finally {
        client.destroy();
      }
    },
    close: () => admin.disconnect(),
  };
}

/** For each command in the log of Redis. */
const LOAD_DELAY_US = 50;

const some = (random: Random): Promise<void> => sleep(1000 + random.below(3000));

/** A setting of Redis is another one for some seconds. */
const redisSetting =
  (name: string, value: string, back: string): Change['happen'] =>
  async ({ redis, random }) => {
    await redis('CONFIG', 'SET', name, value);
    await some(random);
    await redis('CONFIG', 'SET', name, back);
  };

/** A setting of topics is another one for some seconds; the others stay as they are. */
const topicSetting =
  (roles: readonly TopicRole[], name: string, value: string): Change['happen'] =>
  async ({ admin, deployment, random }) => {
    const topics = roles.map((role) => deployment.model.topics[role]);
    const found = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((topic) => ({ type: ConfigResourceTypes.TOPIC, name: topic })),
    });
    const before = found.resources.map(({ resourceName, configEntries }) => ({
      type: ConfigResourceTypes.TOPIC,
      name: resourceName,
      configEntries: configEntries
        .filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG)
        .map((entry) => ({ name: entry.configName, value: entry.configValue })),
    }));
    const changed = before.map((resource) => ({
      ...resource,
      configEntries: [...resource.configEntries.filter((entry) => entry.name !== name), { name, value }],
    }));
    await admin.alterConfigs({ validateOnly: false, resources: changed });
    await some(random);
    await admin.alterConfigs({ validateOnly: false, resources: before });
  };

/** Whether the topic is there and can be written to; kafkajs itself gives up where the broker does not know it yet. */
async function leads(admin: Admin, topic: string): Promise<boolean> {
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
  const partitions = metadata?.topics[0]?.partitions ?? [];
  return partitions.length > 0 && partitions.every(({ leader }) => leader >= 0);
}

const indexOf = ({ deployment }: Scene): string => new Keys(deployment.model.name).vectorIndex;

/** An index that was dropped a moment ago, by a FLUSHDB of another database, may not be there again yet. */
function passOverMissingIndex(error: unknown): void {
  if (!/unknown index name|no such index/i.test(String(error))) throw error;
}

/** All of them. */
export const CHANGES: readonly Change[] = [
  {
    name: 'FT.DROPINDEX of the vectors',
    happen: async (scene) => {
      await scene.redis('FT.DROPINDEX', indexOf(scene)).catch(passOverMissingIndex);
    },
  },
  {
    name: 'FLUSHDB of another database',
    happen: async ({ deployment }) => {
      const client = createClient({ url: deployment.redis.url, database: 1 });
      client.on('error', () => undefined);
      await client.connect();
      await client.sendCommand(['SET', 'of-another-application', 'x']);
      await client.sendCommand(['FLUSHDB']);
      client.destroy();
    },
  },
  { name: 'Redis is out of memory', happen: redisSetting('maxmemory', '1mb', '0') },
  { name: 'Redis lacks replicas', happen: redisSetting('min-replicas-to-write', '1', '0') },
  {
    name: 'Redis is a replica of one that is away',
    happen: async ({ redis, random }) => {
      await redis('REPLICAOF', '127.0.0.1', '1');
      await some(random);
      await redis('REPLICAOF', 'NO', 'ONE');
    },
  },
  {
    name: 'Redis closes all connections',
    happen: async ({ redis }) => void (await redis('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
  },
  { name: 'Redis forgets its scripts', happen: async ({ redis }) => void (await redis('SCRIPT', 'FLUSH')) },
  {
    name: 'Redis is frozen',
    happen: async ({ deployment, random }) => {
      deployment.redis.freeze();
      await some(random);
      deployment.redis.resume();
    },
  },
  {
    name: 'Redis could not save to its disk',
    happen: async ({ redis, deployment, random }) => {
      await redis('CONFIG', 'SET', 'save', '3600 1000000');
      await failSaving(deployment.redis.pid, redis);
      await some(random);
      await redis('CONFIG', 'SET', 'save', '');
    },
  },
  {
    name: 'Redis starts again, and takes its time to load',
    happen: async ({ redis, deployment }) => {
      const delayed = async (microseconds: number): Promise<void> => {
        await redis('CONFIG', 'SET', 'key-load-delay', String(microseconds));
        await redis('CONFIG', 'REWRITE');
      };
      await delayed(LOAD_DELAY_US);
      await deployment.redis.restart();
      await delayed(0);
    },
  },
  {
    name: 'a training is killed',
    happen: ({ deployment }) => killTraining(deployment.learner),
  },
  {
    name: 'the learner has a full disk',
    happen: async ({ deployment, random }) => {
      const free = await fillDisk(deployment.learner);
      await some(random);
      await free();
    },
  },
  {
    name: 'answers may have 300 bytes',
    happen: topicSetting(['predictions'], 'max.message.bytes', '300'),
  },
  {
    name: 'the broker is frozen',
    happen: async ({ deployment, random }) => {
      deployment.kafka.freeze();
      await some(random);
      deployment.kafka.resume();
    },
  },
  {
    name: 'a worker is frozen',
    happen: async ({ deployment, random }) => {
      const worker = deployment.workers[random.below(deployment.workers.length)];
      worker?.signal('SIGSTOP');
      await some(random);
      worker?.signal('SIGCONT');
    },
  },
  {
    name: 'topics of results want two replicas',
    happen: topicSetting(['predictions', 'events', 'dead-letters'], 'min.insync.replicas', '2'),
  },
  {
    name: 'dead letters may have 2,000 bytes',
    happen: topicSetting(['dead-letters'], 'max.message.bytes', '2000'),
  },
  {
    name: 'the topic of queries is made anew',
    quiet: true,
    happen: async ({ admin, deployment, ledger }) => {
      const topic = deployment.model.topics.queries;
      await ledger.readBack('queries');
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const numPartitions = topics[0]?.partitions.length ?? 1;
      await admin.deleteTopics({ topics: [topic] });
      while ((await admin.listTopics()).includes(topic)) await sleep(50);
      await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions }] });
      while (!(await leads(admin, topic))) await sleep(50);
      ledger.begunAnew('queries');
    },
  },
  {
    name: 'what was read of queries and samples is deleted',
    quiet: true,
    happen: async ({ admin, deployment, ledger }) => {
      for (const role of ['queries', 'samples'] as const) {
        await ledger.readBack(role);
        const topic = deployment.model.topics[role];
        const ends = await admin.fetchTopicOffsets(topic);
        const partitions = ends.map(({ partition, high }) => ({ partition, offset: high }));
        await admin.deleteTopicRecords({ topic, partitions });
      }
    },
  },
];
