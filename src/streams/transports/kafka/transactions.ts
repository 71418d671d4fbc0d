import type { Producer, Transaction } from 'kafkajs';
import type { OutgoingRecord } from '../../../domain/record.js';
import { closedError } from '../closedError.js';
import { createClient, PRODUCER } from './client.js';
import { compressionType } from './codecs.js';
import { isConcurrentTransaction, isFenced } from './failures.js';
import type { Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';
import { type Patience, pause, persist } from './waiting.js';
import { requestsOf, type Writer } from './writer.js';

const CONCURRENT_PAUSE_MS = 2;
const CONCURRENT_TRIES = 2000;

/**
 * Exactly once: outputs and position in one transaction.
 *
 * kafkajs cannot tell a transaction of which generation of the group it is (KIP-447), so that Kafka could not refuse
 * a worker that lost its partition. Hence a transactional id a partition: whoever is assigned the partition initialises
 * its id, which aborts what the former owner left open and fences it off, and reads the position only then.
 */
export class TransactionalWriter implements Writer {
  readonly #producers = new Map<Progress, Producer>();

  constructor(
    private readonly options: KafkaLogOptions,
    private readonly patience: Patience,
    private readonly offsets: Offsets,
  ) {}

  acquire(progress: Progress): Promise<void> {
    return persist(this.patience, async () => {
      this.release(progress);
      await this.#initialise(progress);
    });
  }

  async write(progress: Progress, outputs: readonly OutgoingRecord[], position: bigint): Promise<boolean> {
    let doubtful = false;
    return persist(this.patience, async () => {
      try {
        if (doubtful) {
          const committed = await this.#committedAfterInitialising(progress);
          if (committed === position) return true;
          if (committed !== undefined && committed > (progress.position ?? committed - 1n)) return false;
        }
        doubtful = true;
        await this.#transact(progress, outputs, position);
        return true;
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

  async #transact(progress: Progress, outputs: readonly OutgoingRecord[], position: bigint): Promise<void> {
    const { group, topic, partition } = progress;
    const producer = this.#producers.get(progress) ?? (await this.#initialise(progress));
    const transaction = await producer.transaction();
    const topics = [{ topic, partitions: [{ partition, offset: String(position) }] }];
    // First, since it is what tells fastest that the transaction before is still being completed.
    await this.#patiently(() => transaction.sendOffsets({ consumerGroupId: group, topics }));
    const compression = compressionType(this.options.compression);
    for (const topicMessages of requestsOf(outputs, this.options)) {
      await transaction.sendBatch({ topicMessages, compression, acks: -1 });
    }
    await transaction.commit();
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

  /** After a transaction whose end is unknown: a new epoch settles it, then the position tells how it ended. */
  async #committedAfterInitialising(progress: Progress): Promise<bigint | undefined> {
    if (!this.#producers.has(progress)) await this.#initialise(progress);
    const committed = await this.offsets.committed(progress.group, progress.topic);
    return committed.get(progress.partition);
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
