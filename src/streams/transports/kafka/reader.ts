import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import type { Subscriber } from 'rxjs';
import type { LogRecord } from '../../../domain/record.js';
import type { Subscription } from '../eventLog.js';
import type { Committer } from './atLeastOnce.js';
import { Credit } from './credit.js';
import { type Held, Member } from './member.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';
import { toRecord } from './record.js';
import { type Patience, Signal } from './waiting.js';

/** Settled records that wait behind one that is not: so many times `maxInFlight`, then the partition waits. */
const HELD_BACK = 16;
/** How long a reader that is to commit positions stays in the group for what is under way. */
const LINGER_MS = 10_000;

/** What a reader needs of the log. */
export interface ReaderContext {
  readonly options: KafkaLogOptions;
  readonly patience: Patience;
  progressOf(topic: string, partition: number): Progress;
  /** Makes the partition this reader's, where it has to go on. */
  acquire(progress: Progress, reader: Reader): Promise<void>;
  /** The partition is no longer this reader's. */
  lost(progress: Progress): void;
  emitting(record: LogRecord, progress: Progress): void;
  /** Commits what is settled already. */
  flush(progress: Progress): void;
}

/**
 * One subscription: emits what its member of the group is given, as far as credit allows.
 *
 * It waits for credit inside of kafkajs's batch handler, with heartbeats: the next fetch starts only when all batches
 * of the last are through, so one fetch bounds the memory.
 */
export class Reader implements Committer {
  readonly #changed = new Signal();
  readonly #credit: Credit;
  readonly #heartbeatMs: number;
  readonly #member: Member;
  #stopped = false;
  #hurried = false;

  constructor(
    readonly subscription: Subscription,
    private readonly subscriber: Subscriber<LogRecord>,
    private readonly context: ReaderContext,
  ) {
    const { options, patience } = context;
    const { maxInFlight, maxInFlightBytes = Number.POSITIVE_INFINITY } = subscription;
    this.#credit = new Credit({ records: maxInFlight, bytes: maxInFlightBytes }, this.#changed);
    this.#heartbeatMs = Math.min(2000, Math.floor(options.sessionTimeoutMs / 5));
    this.#member = new Member(subscription, {
      options,
      patience,
      heartbeatMs: this.#heartbeatMs,
      progressOf: (topic, partition) => context.progressOf(topic, partition),
      acquire: (progress) => context.acquire(progress, this),
      lost: (progress) => {
        if (progress.reader === this) context.lost(progress);
      },
      handle: (batch, held) => this.#handle(batch, held),
      changed: () => this.#changed.fire(),
      failed: (error) => this.subscriber.error(error),
    });
  }

  /** Whether it emits no more. */
  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#member.join();
  }

  /** Emits no more; resolves when it has left the group. */
  async stop(lingers: boolean): Promise<void> {
    this.#stopped = true;
    this.#member.pause();
    this.#changed.fire();
    const until = Date.now() + LINGER_MS;
    while (lingers && !this.#hurried && this.#member.busy && Date.now() < until)
      await this.#changed.next(until - Date.now());
    await this.#member.leave();
  }

  complete(): void {
    this.subscriber.complete();
  }

  /** Ends the waiting of {@link stop} for what is under way. */
  hurry(): void {
    this.#hurried = true;
    this.#changed.fire();
  }

  commit(progress: Progress, position: bigint): Promise<boolean> {
    return this.#member.commit(progress, position);
  }

  /** The partition's transactions were fenced off. */
  fenced(progress: Progress): void {
    this.#member.fenced(progress);
    this.#changed.fire();
  }

  async #handle(payload: EachBatchPayload, held: Held): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload;
    const { topic, partition } = batch;
    const { progress } = held;
    const ours = (): boolean => this.#member.holds(held) && payload.isRunning() && !payload.isStale();
    /** Waits with heartbeats. @returns whether the batch is still to be handled */
    const until = async (ready: () => boolean): Promise<boolean> => {
      while (ours() && !ready()) {
        await this.#changed.next(this.#heartbeatMs);
        if (ours()) await heartbeat();
      }
      return ours();
    };
    // One that was fenced off is held anew in another object, and fetched again then.
    if (!(await until(() => held.state === 'held'))) return;
    const going = (): boolean => ours() && held.state === 'held';
    const roomy = HELD_BACK * this.subscription.maxInFlight;
    for (const message of batch.messages) {
      if (progress.wants(BigInt(message.offset))) {
        const bytes = message.value?.length ?? 0;
        const covered = (): boolean =>
          held.state !== 'held' || (this.#credit.covers(bytes) && progress.waiting < roomy);
        // Again after each wait: another partition's batch may have been quicker.
        while (!covered()) if (!(await until(covered))) return;
        if (!going()) return;
        this.#emit(message, topic, partition, progress, bytes);
        if (!going()) return;
      }
      resolveOffset(message.offset);
    }
    progress.readUpTo(BigInt(batch.lastOffset()) + 1n);
    if (progress.headSettled) this.context.flush(progress);
    await heartbeat();
  }

  #emit(message: KafkaMessage, topic: string, partition: number, progress: Progress, bytes: number): void {
    const written = toRecord(message, topic, partition);
    const record = this.context.options.framing?.read(written) ?? written;
    progress.emitted(record.offset, this.#credit.take(bytes));
    this.context.emitting(record, progress);
    this.subscriber.next(record);
  }
}
