import kafkajs, { type Admin } from 'kafkajs';
import { createTurns } from '../../domain/inTurn.js';
import type { Retention } from '../eventLog.js';
import { type Note, noteIn } from './caution.js';
import { createClient } from './client.js';
import { isUnknownTopic } from './failures.js';
import { type Isolation, readUncommitted } from './isolation.js';
import { topicIdOf } from './topicIds.js';
import { largestBatches } from './topics.js';
import { type Patience, persist } from './waiting.js';

/** The offsets of one partition that are kept: from `low` (inclusive) to `high` (exclusive). */
export interface Kept {
  readonly low: bigint;
  readonly high: bigint;
}

/** Where a group is in a partition. */
export interface Place {
  readonly position: bigint;
  readonly note: Note;
}

/** The topic of that name as it is now; `undefined` where there is none. */
export type Found = { readonly id: string | undefined } | undefined;

/**
 * Asks the cluster for offsets, one question after the other. kafkajs keeps one list of topics and partitions for all questions,
 * and some replace it by what they alone are about. A question that found its topic missing then asked for no partition, and a
 * group without any committed position begins at the beginning.
 */
export class Offsets {
  readonly #turns = createTurns();
  readonly #admins = new Map<Isolation, Promise<Admin>>();

  constructor(private readonly patience: Patience) {}

  /** The group's committed positions in a topic; `undefined` for partitions without one. */
  async committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint>> {
    const places = await this.places(group, topic);
    return new Map([...places].map(([partition, { position }]) => [partition, position]));
  }

  /** Likewise, with what is noted beside them. */
  places(group: string, topic: string): Promise<ReadonlyMap<number, Place>> {
    return this.#ask(`positions of ${group} in`, [topic], async (admin) => {
      const answer = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const partitions = answer.find((of) => of.topic === topic)?.partitions ?? [];
      // Partitions without a position are among them.
      if (partitions.length === 0)
        throw new Error(`Kafka returned neither a position of ${group} in ${topic} nor its absence`);
      const places = partitions.map(({ partition, offset, metadata }) => {
        return [partition, { position: BigInt(offset), note: noteIn(metadata) }] as const;
      });
      return new Map(places.filter(([, { position }]) => position >= 0n));
    });
  }

  /** What is kept of each partition of a topic, up to where it can be read: before the first transaction that is not over. */
  kept(topic: string): Promise<readonly Kept[]> {
    return this.#ask('offsets of', [topic], (admin) => keptIn(admin, topic));
  }

  /** What is kept of each partition of a topic, with what is in transactions that are not over. */
  written(topic: string): Promise<readonly Kept[]> {
    return this.#ask('offsets of', [topic], (admin) => keptIn(admin, topic), 'uncommitted');
  }

  /**
   * The id by which the cluster knows the topic of that name now: one that is made again has another. Waits while there is
   * none; `undefined` where the cluster tells no ids.
   */
  idOf(topic: string): Promise<string | undefined> {
    return this.#ask('metadata of', [topic], async (admin) => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topicIdOf(topics[0]?.partitions ?? []);
    });
  }

  /** Likewise of several topics, and without waiting. */
  async find(topics: readonly string[]): Promise<ReadonlyMap<string, Found>> {
    if (topics.length === 0) return new Map();
    const ask = async (some: readonly string[]): Promise<[string, Found][]> => {
      const { topics: found } = await this.#inTurn((admin) =>
        admin.fetchTopicMetadata({ topics: [...some] }),
      );
      return found.map(({ name, partitions }) => [name, { id: topicIdOf(partitions) }]);
    };
    try {
      return new Map(await ask(topics));
    } catch (thrown) {
      if (!isUnknownTopic(thrown)) throw thrown;
    }
    // The answer does not say which of them is missing.
    const found = new Map<string, Found>();
    for (const topic of topics) {
      const [[, is] = []] = await ask([topic]).catch((thrown: unknown) => {
        if (isUnknownTopic(thrown)) return [];
        throw thrown;
      });
      found.set(topic, is);
    }
    return found;
  }

  /** Deletes the records before these offsets, one for each partition. */
  deleteBefore(topic: string, offsets: readonly bigint[]): Promise<void> {
    return this.#ask('delete records of', [topic], async (admin) => {
      // Each time: kafkajs deletes in topics alone that this connection was asked about.
      const kept = await keptIn(admin, topic);
      const partitions = offsets.flatMap((wanted, partition) => {
        const { low, high } = kept[partition] ?? { low: wanted, high: wanted };
        const offset = wanted > high ? high : wanted;
        return offset > low ? [{ partition, offset: String(offset) }] : [];
      });
      if (partitions.length > 0) await admin.deleteTopicRecords({ topic, partitions });
    });
  }

  /** How long each topic keeps its records (for good where they are compacted), and what is deleted, by its own settings or the brokers'. */
  retention(topics: readonly string[]): Promise<ReadonlyMap<string, Retention>> {
    return this.#ask('configuration of', topics, async (admin) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: topics.map((name) => ({
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name,
          configNames: ['cleanup.policy', ...KEEPING],
        })),
      });
      return new Map(
        resources.map(({ resourceName, configEntries }) => [
          resourceName,
          retentionOf(new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]))),
        ]),
      );
    });
  }

  /** `max.message.bytes` of each topic, its own or the brokers'. */
  largestBatches(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#ask('configuration of', topics, (admin) => largestBatches(admin, topics));
  }

  /** Forgets a group whose members have left. */
  async forget(group: string): Promise<void> {
    if (this.patience.signal.aborted) return;
    const admin = await this.#connected();
    await admin.deleteGroups([group]);
  }

  /** Whether the cluster answers. */
  async ping(): Promise<void> {
    const admin = await this.#connected();
    await admin.describeCluster();
  }

  async close(): Promise<void> {
    const admins = [...this.#admins.values()];
    this.#admins.clear();
    await Promise.all(
      admins.map((admin) => admin.then((connected) => connected.disconnect()).catch(() => undefined)),
    );
  }

  #ask<T>(
    what: string,
    topics: readonly string[],
    question: (admin: Admin) => Promise<T>,
    isolation: Isolation = 'committed',
  ): Promise<T> {
    return persist(this.patience, { what, topics }, async () => {
      try {
        return await this.#inTurn(question, isolation);
      } catch (thrown) {
        void this.close();
        throw thrown;
      }
    });
  }

  #inTurn<T>(question: (admin: Admin) => Promise<T>, isolation: Isolation = 'committed'): Promise<T> {
    return this.#turns(async () => question(await this.#connected(isolation)));
  }

  #connected(isolation: Isolation = 'committed'): Promise<Admin> {
    const known = this.#admins.get(isolation);
    if (known) return known;
    const admin = connect(this.patience, isolation);
    this.#admins.set(isolation, admin);
    admin.catch(() => this.#admins.delete(isolation));
    return admin;
  }
}

const KEEPING = ['retention.ms', 'segment.ms', 'segment.bytes', 'file.delete.delay.ms'] as const;

function retentionOf(settings: ReadonlyMap<string, string>): Retention {
  const numberOf = (name: (typeof KEEPING)[number]): number => Number(settings.get(name) ?? -1);
  const ms = numberOf('retention.ms');
  const isDeleted = settings.get('cleanup.policy')?.includes('delete') ?? true;
  return {
    ms: isDeleted && ms >= 0 ? ms : null,
    removal: {
      segmentMs: numberOf('segment.ms'),
      segmentBytes: numberOf('segment.bytes'),
      deleteDelayMs: numberOf('file.delete.delay.ms'),
    },
  };
}

async function keptIn(admin: Admin, topic: string): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
    kept[partition] = { low: BigInt(low), high: BigInt(high) };
  return kept;
}

async function connect({ options }: Patience, isolation: Isolation): Promise<Admin> {
  const client = createClient(options);
  if (isolation === 'uncommitted') readUncommitted(client);
  const admin = client.admin({ retry: { initialRetryTime: 20, retries: 5 } });
  await admin.connect();
  return admin;
}
