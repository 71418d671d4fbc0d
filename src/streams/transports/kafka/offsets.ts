import kafkajs, { type Admin } from 'kafkajs';
import { createClient } from './client.js';
import { type Patience, persist } from './waiting.js';

/** The offsets of one partition that are kept: from `low` (inclusive) to `high` (exclusive). */
export interface Kept {
  readonly low: bigint;
  readonly high: bigint;
}

/** Asks the cluster for offsets. */
export class Offsets {
  #admin: Promise<Admin> | undefined;

  constructor(private readonly patience: Patience) {}

  /** The group's committed positions in a topic; `undefined` for partitions without one. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint>> {
    return this.#ask(async (admin) => {
      const answer = await admin.fetchOffsets({ groupId: group, topics: [topic] });
      const partitions = answer.find((of) => of.topic === topic)?.partitions ?? [];
      const positions = partitions.map(({ partition, offset }) => [partition, BigInt(offset)] as const);
      return new Map(positions.filter(([, offset]) => offset >= 0n));
    });
  }

  /** What is kept of each partition of a topic. */
  kept(topic: string): Promise<readonly Kept[]> {
    return this.#ask(async (admin) => {
      const kept: Kept[] = [];
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
        kept[partition] = { low: BigInt(low), high: BigInt(high) };
      return kept;
    });
  }

  /** Deletes the records before these offsets, one for each partition. */
  async deleteBefore(topic: string, offsets: readonly bigint[]): Promise<void> {
    const kept = await this.kept(topic);
    const partitions = offsets.flatMap((offset, partition) =>
      offset > (kept[partition]?.low ?? offset) ? [{ partition, offset: String(offset) }] : [],
    );
    if (partitions.length > 0) await this.#ask((admin) => admin.deleteTopicRecords({ topic, partitions }));
  }

  /** `retention.ms` of each topic; null where records are kept for good, or compacted. */
  retention(topics: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    return this.#ask(async (admin) => {
      const { resources } = await admin.describeConfigs({
        includeSynonyms: false,
        resources: topics.map((name) => ({
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name,
          configNames: ['retention.ms', 'cleanup.policy'],
        })),
      });
      return new Map(
        resources.map(({ resourceName, configEntries }) => {
          const settingOf = (name: string): string | undefined =>
            configEntries.find(({ configName }) => configName === name)?.configValue;
          const ms = Number(settingOf('retention.ms') ?? -1);
          const isDeleted = settingOf('cleanup.policy')?.includes('delete') ?? true;
          return [resourceName, isDeleted && ms >= 0 ? ms : null] as const;
        }),
      );
    });
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
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then((connected) => connected.disconnect()).catch(() => undefined);
  }

  #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    return persist(this.patience, async () => {
      try {
        return await question(await this.#connected());
      } catch (thrown) {
        void this.close();
        throw thrown;
      }
    });
  }

  #connected(): Promise<Admin> {
    this.#admin ??= connect(this.patience);
    return this.#admin;
  }
}

async function connect({ options }: Patience): Promise<Admin> {
  const admin = createClient(options).admin({ retry: { initialRetryTime: 20, retries: 5 } });
  await admin.connect();
  return admin;
}
