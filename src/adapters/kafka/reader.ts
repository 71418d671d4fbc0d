import type { EachBatchPayload } from 'kafkajs';
import type { Subscriber } from 'rxjs';
import { type LogRecord, recordBytes } from '../../domain/record.js';
import type { Subscription } from '../eventLog.js';
import type { Committer } from './atLeastOnce.js';
import { ALONE_MS, type Note, refused, type Turn } from './caution.js';
import { Credit } from './credit.js';
import { type Held, Member } from './member.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';
import { type FetchedMessage, toRecord } from './record.js';
import { type Patience, Signal } from './waiting.js';

/**
 * Limit of settled records that wait behind an unsettled one, as a multiple of `maxInFlight`; then the partition
 * pauses.
 */
const HELD_BACK = 16;
/** How long a reader that commits positions stays in the group for records in flight. */
const LINGER_MS = 10_000;

/** Polling interval of a record that waits for its turn. */
const TURN_MS = 20;

/** Emits the records of one fetched batch, while it is valid. What returns a boolean tells whether it still is. */
interface Emission {
  /** Waits, with heartbeats. */
  until(ready: () => boolean, lookMs?: number): Promise<boolean>;
  /** Whether there is credit for the record now. To be asked again after each wait: another partition may be quicker. */
  covered(record: LogRecord): boolean;
  emit(record: LogRecord): boolean;
  /** Emits the record as soon as there is credit. */
  give(record: LogRecord): Promise<boolean>;
}

/** What a reader needs of the log. */
export interface ReaderContext {
  readonly options: KafkaLogOptions;
  readonly patience: Patience;
  progressOf(topic: string, partition: number): Progress;
  /**
   * Acquires the partition for this reader at the position where it continues.
   * @returns whether it succeeded
   */
  acquire(progress: Progress, reader: Reader): Promise<boolean>;
  /** The partition no longer belongs to this reader. */
  lost(progress: Progress): void;
  /** Whether the offsets of the partition now refer to other records; then it is acquired again. */
  moved(progress: Progress): Promise<boolean>;
  emitting(record: LogRecord, progress: Progress): void;
  /** Writes a note beside the position of the partition. */
  note(progress: Progress, note: Note): Promise<void>;
  /** The turn of the whole process. */
  readonly turn: Turn;
  /** Commits what is already settled, or was nothing to settle. */
  flush(progress: Progress): void;
}

/**
 * One subscription: emits the records that its member receives, as far as credit allows. It waits for credit inside
 * the batch handler of kafkajs, with heartbeats. The next fetch starts only when all batches of the last are
 * processed, so one fetch bounds the memory.
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
      acquire: async (progress) => {
        const isOurs = await context.acquire(progress, this);
        // What an earlier reading settled and could not write: no batch may come to be written with.
        if (progress.headSettled) context.flush(progress);
        return isOurs;
      },
      lost: (progress) => {
        if (progress.reader === this) context.lost(progress);
      },
      moved: (progress) => context.moved(progress),
      skipped: (progress) => context.flush(progress),
      handle: (batch, held) => this.#handle(batch, held),
      changed: () => this.#changed.fire(),
      failed: (error) => this.subscriber.error(error),
    });
  }

  /** Whether it has stopped emitting. */
  get stopped(): boolean {
    return this.#stopped;
  }

  start(): void {
    this.#member.join();
  }

  /** Stops emitting; resolves when it has left the group. */
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

  /** Ends the wait of {@link stop} for records in flight. */
  hurry(): void {
    this.#hurried = true;
    this.#changed.fire();
  }

  commit(progress: Progress, position: bigint, note?: string): Promise<boolean> {
    return this.#member.commit(progress, position, note);
  }

  /** The transactions of the partition were fenced. */
  fenced(progress: Progress): void {
    this.#member.fenced(progress);
    this.#changed.fire();
  }

  async #handle(payload: EachBatchPayload, held: Held): Promise<void> {
    const { batch, heartbeat, resolveOffset } = payload;
    const { topic, partition } = batch;
    const { progress } = held;
    const emission = this.#emissionOf(payload, held);
    const { until, covered, emit } = emission;
    // One that was fenced off is held anew in another object, and fetched again then.
    if (!(await until(() => held.state === 'held'))) return;
    for (const message of batch.messages) {
      if (!progress.wants(BigInt(message.offset))) {
        resolveOffset(message.offset);
        continue;
      }
      const record = this.#recordOf(message, topic, partition);
      const isSuspect = progress.caution.isNeeded(record.offset);
      if (isSuspect && !(await this.#giveAlone(record, progress, emission))) return;
      if (!isSuspect) {
        // Without a pause while there is credit, hence not by `give`: records of other partitions would come in between,
        // and what is settled together would take more transactions.
        while (!covered(record)) if (!(await until(() => covered(record)))) return;
        if (!emit(record)) return;
      }
      resolveOffset(message.offset);
    }
    progress.readUpTo(BigInt(batch.lastOffset()) + 1n);
    if (progress.headSettled) this.context.flush(progress);
    await heartbeat();
  }

  #emissionOf(payload: EachBatchPayload, held: Held): Emission {
    const { progress } = held;
    const ours = (): boolean => this.#member.holds(held) && payload.isRunning() && !payload.isStale();
    const going = (): boolean => ours() && held.state === 'held';
    const roomy = HELD_BACK * this.subscription.maxInFlight;
    const until: Emission['until'] = async (ready, lookMs = this.#heartbeatMs) => {
      while (ours() && !ready()) {
        await this.#changed.next(lookMs);
        if (ours()) await payload.heartbeat();
      }
      return ours();
    };
    const covered: Emission['covered'] = (record) =>
      held.state !== 'held' || (this.#credit.covers(recordBytes(record)) && progress.waiting < roomy);
    const emit: Emission['emit'] = (record) => {
      if (!going()) return false;
      this.#emit(record, progress);
      return going();
    };
    const give: Emission['give'] = async (record) => {
      while (!covered(record)) if (!(await until(() => covered(record)))) return false;
      return emit(record);
    };
    return { until, covered, emit, give };
  }

  /** Emits a record that may end the process: no other such record is in flight meanwhile, in the whole process. */
  async #giveAlone(record: LogRecord, progress: Progress, { give, until }: Emission): Promise<boolean> {
    const { offset } = record;
    const { caution } = progress;
    const { turn } = this.context;
    const asker = {};
    if (!(await until(() => turn.take(asker), TURN_MS))) return false;
    try {
      if (caution.refuses(offset)) return await give(refused(record));
      const tried = caution.gives(offset);
      if (tried) await this.context.note(progress, tried);
      if (!(await give(record))) return false;
      const late = Date.now() + ALONE_MS;
      const isOver = (): boolean => !progress.isUnderWay(offset) || Date.now() > late;
      if (!(await until(isOver))) return false;
      if (progress.isUnderWay(offset)) await this.context.note(progress, caution.acquits());
      return true;
    } finally {
      turn.end(asker);
    }
  }

  /** Converts any fetched message: nothing between the fetch and the subscriber may throw because of a record. */
  #recordOf(message: FetchedMessage, topic: string, partition: number): LogRecord {
    const written = toRecord(message, topic, partition);
    return this.context.options.framing?.read(written) ?? written;
  }

  #emit(record: LogRecord, progress: Progress): void {
    progress.emitted(record.offset, this.#credit.take(recordBytes(record)));
    this.context.emitting(record, progress);
    this.subscriber.next(record);
  }
}
