import type { Admin } from 'kafkajs';
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
