import type { Producer, Transaction } from 'kafkajs';
import type { OutgoingRecord } from '../../domain/record.js';
import { closedError } from '../closedError.js';
import { createClient, PRODUCER } from './client.js';
import { compressionType } from './codecs.js';
import { isConcurrentTransaction, isFenced } from './failures.js';
import type { Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';
import { Requests, type Sizing } from './requests.js';
import { type Patience, pause, persist } from './waiting.js';
import type { Writer } from './writer.js';

const CONCURRENT_PAUSE_MS = 2;
const CONCURRENT_TRIES = 2000;

/** Outputs, and the position that is written with them. */
interface Settlement {
  readonly progress: Progress;
  readonly requests: Requests;
  readonly position: bigint;
  readonly note: string | undefined;
}

/**
 * Exactly once: outputs and position in one transaction. kafkajs cannot tell Kafka the generation of the group
 * (KIP-447), so Kafka cannot refuse a worker that lost its partition. Hence each partition has a transactional id.
 * The worker that is assigned the partition initialises its id, which aborts the open transaction of the former owner
 * and fences it. Only then does it read the position. Every producer except the one of `acquire` reads the position
 * itself, so a fenced worker never writes from an outdated position.
 */
export class TransactionalWriter implements Writer {
  readonly #producers = new Map<Progress, Producer>();

  constructor(
    private readonly options: KafkaLogOptions,
    private readonly patience: Patience,
    private readonly offsets: Offsets,
    private readonly sizing: Sizing,
  ) {}

  acquire(progress: Progress): Promise<void> {
    return persist(this.patience, { what: 'transactions for', topics: [progress.topic] }, async () => {
      this.release(progress);
      await this.#initialise(progress);
    });
  }

  async write(
    progress: Progress,
    outputs: readonly OutgoingRecord[],
    position: bigint,
    note?: string,
  ): Promise<boolean> {
    const from = progress.position;
    const settlement = { progress, position, note, requests: new Requests(outputs, this.sizing) };
    const topics = [...new Set(outputs.map(({ topic }) => topic))];
    return persist(this.patience, { what: 'settle in', topics: [progress.topic, ...topics] }, async () => {
      try {
        for (;;) {
          const known = this.#producers.get(progress);
          const producer = known ?? (await this.#initialise(progress));
          const moved = known ? undefined : await this.#movedTo(progress, from);
          if (moved === position) return true;
          if (moved !== undefined) {
            this.release(progress);
            return false;
          }
          if (await this.#transact(producer, settlement)) return true;
          this.release(progress);
        }
      } catch (thrown) {
        this.release(progress);
        if (isFenced(thrown)) return false;
        throw thrown;
      }
    });
  }

  release(progress: Progress): void {
    const producer = this.#producers.get(progress);
    this.#producers.delete(progress);
    producer?.disconnect().catch(() => undefined);
  }

  async close(): Promise<void> {
    const producers = [...this.#producers.values()];
    this.#producers.clear();
    await Promise.all(producers.map((producer) => producer.disconnect().catch(() => undefined)));
  }

  /**
   * @returns false if Kafka refused a request as too large: nothing was written, and the next attempt, by a new
   * producer, sends smaller ones. This producer no longer knows which of its partitions have what it sent.
   */
  async #transact(producer: Producer, { progress, requests, position, note }: Settlement): Promise<boolean> {
    const { group, topic, partition } = progress;
    const transaction = await producer.transaction();
    const place = { partition, offset: String(position), metadata: note };
    const topics = [{ topic, partitions: [place] }];
    // First, since it is what tells fastest that the transaction before is still being completed.
    await this.#patiently(() => transaction.sendOffsets({ consumerGroupId: group, topics }));
    const compression = compressionType(this.options.compression);
    for (requests.begin(); !requests.done; ) {
      const isTaken = await requests.send((topicMessages) =>
        transaction.sendBatch({ topicMessages, compression, acks: -1 }),
      );
      if (!isTaken) return false;
    }
    await transaction.commit();
    return true;
  }

  async #patiently(request: () => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await request();
        return;
      } catch (thrown) {
        if (!isConcurrentTransaction(thrown) || tries === CONCURRENT_TRIES) throw thrown;
        await pause(CONCURRENT_PAUSE_MS, this.patience.signal);
      }
    }
  }

  /**
   * The position, if it is beyond the known one. A new producer may write only after this check: the transaction
   * before, whose outcome is unknown, or another worker may have moved the position. If the position is before the
   * known one, the broker lost it (decision 0012), and it is written again.
   */
  async #movedTo(
    { group, topic, partition }: Progress,
    from: bigint | undefined,
  ): Promise<bigint | undefined> {
    const committed = (await this.offsets.committed(group, topic)).get(partition);
    return committed !== undefined && (from === undefined || committed > from) ? committed : undefined;
  }

  async #initialise(progress: Progress): Promise<Producer> {
    const { group, topic, partition } = progress;
    const transactionalId = `${this.options.transactionalIdPrefix}-${group}-${topic}-${partition}`;
    const producer = createClient(this.options).producer({ ...PRODUCER, transactionalId });
    try {
      await producer.connect();
      // kafkajs initialises the id with the first transaction; one without content is not sent.
      const empty: Transaction = await producer.transaction();
      await empty.abort();
    } catch (thrown) {
      producer.disconnect().catch(() => undefined);
      throw thrown;
    }
    if (this.patience.signal.aborted) {
      await producer.disconnect();
      throw closedError();
    }
    this.#producers.set(progress, producer);
    return producer;
  }
}
