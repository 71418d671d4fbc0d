import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { Subscription } from '../eventLog.js';
import { CONSUMER_RETRY, createClient } from './client.js';
import { Fetches, fetchedOffset } from './fetches.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';
import { type Deed, type Patience, pause, reasonOf } from './waiting.js';

/** How long the broker waits for new records, and so about how long leaving takes. */
const MAX_WAIT_MS = 250;
const RESTART_MS = 500;
const CONCURRENT_PARTITIONS = 256;

/** The callbacks of a member. */
export interface Duties {
  readonly options: KafkaLogOptions;
  readonly patience: Patience;
  readonly heartbeatMs: number;
  progressOf(topic: string, partition: number): Progress;
  /** @returns whether the partition now belongs to this member */
  acquire(progress: Progress): Promise<boolean>;
  lost(progress: Progress): void;
  /** Whether the offsets of the partition now refer to other records; then it is acquired again. */
  moved(progress: Progress): Promise<boolean>;
  /** All before the cursor is dealt with, and the position is behind it: what came last is never emitted. */
  skipped(progress: Progress): void;
  handle(batch: EachBatchPayload, held: Held): Promise<void>;
  changed(): void;
  failed(error: unknown): void;
}

/** What kafkajs reports about a batch before it is handled. Without records, there may be no first offset. */
interface BatchBounds {
  readonly topic: string;
  readonly partition: number;
  readonly batchSize: number;
  readonly firstOffset: string | null;
  readonly lastOffset: string;
}

/** A partition assigned to a member. `lost`: its transactions were fenced. */
export interface Held {
  readonly progress: Progress;
  state: 'acquiring' | 'held' | 'lost';
}

/** A member of a consumer group, across several consumers of kafkajs: a new consumer replaces one that crashes. */
export class Member {
  readonly #held = new Map<string, Held>();
  #consumer: Consumer | undefined;
  #memberId: string | undefined;
  #crashed: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #paused = false;
  #leaving = false;
  readonly #reading: Deed;

  constructor(
    private readonly subscription: Subscription,
    private readonly duties: Duties,
  ) {
    this.#reading = { what: `${subscription.group} reads`, topics: subscription.topics };
  }

  /** Whether a record that was emitted is not settled and written. */
  get busy(): boolean {
    return [...this.#held.values()].some(({ progress }) => !progress.idle);
  }

  join(): void {
    this.#running ??= this.#run();
  }

  pause(): void {
    this.#paused = true;
    if (this.#consumer) this.#pause(this.#consumer);
  }

  async leave(): Promise<void> {
    this.#paused = true;
    this.#leaving = true;
    this.#crashed?.();
    await this.#running;
  }

  holds(held: Held): boolean {
    const { topic, partition } = held.progress;
    return !this.#paused && this.#held.get(keyOf(topic, partition)) === held;
  }

  async commit({ topic, partition, losses }: Progress, position: bigint, note?: string): Promise<boolean> {
    const progress = this.duties.progressOf(topic, partition);
    const { patience } = this.duties;
    const deed = { what: `${this.subscription.group} settles in`, topics: [topic] };
    const started = Date.now();
    const who = {};
    try {
      while (this.#consumer && this.#memberId !== undefined && progress.losses === losses) {
        try {
          await this.#consumer.commitOffsets([
            { topic, partition, offset: String(position), metadata: note ?? null },
          ]);
          patience.succeeded(deed);
          return !patience.signal.aborted;
        } catch (thrown) {
          const refusal = patience.refusal(thrown, deed, started);
          if (refusal) throw refusal;
          if (patience.signal.aborted) return false;
          patience.troubled(who, reasonOf(thrown, deed));
          await pause(RESTART_MS, patience.signal);
        }
      }
      return false;
    } finally {
      patience.over(who);
    }
  }

  /**
   * The transactions of the partition were fenced. It is acquired again when the group confirms that it belongs to
   * this member.
   */
  fenced({ topic, partition }: Progress): void {
    const held = this.#held.get(keyOf(topic, partition));
    if (held) held.state = 'lost';
  }

  async #run(): Promise<void> {
    const { patience } = this.duties;
    const started = Date.now();
    while (!this.#leaving && !patience.signal.aborted) {
      const crash = new Promise<void>((resolve) => {
        this.#crashed = resolve;
      });
      const consumer = this.#createConsumer();
      try {
        await consumer.connect();
        await consumer.subscribe({
          topics: [...this.subscription.topics],
          fromBeginning: (this.subscription.from ?? 'earliest') === 'earliest',
        });
        await consumer.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
          eachBatch: (payload) => this.#batch(payload, consumer),
        });
        this.#consumer = consumer;
        if (!this.#leaving) await crash;
      } catch (thrown) {
        const refusal = patience.refusal(thrown, this.#reading, started);
        if (refusal) {
          this.#paused = true;
          this.#leaving = true;
          this.duties.failed(refusal);
        } else patience.troubled(this, reasonOf(thrown, this.#reading));
      }
      await consumer.disconnect().catch(() => undefined);
      this.#consumer = undefined;
      if (!this.#leaving) await pause(RESTART_MS * (0.5 + Math.random()), patience.signal);
    }
    this.#memberId = undefined;
    patience.over(this);
  }

  #createConsumer(): Consumer {
    const { options, patience } = this.duties;
    const started = Date.now();
    const consumer = createClient(options).consumer({
      groupId: this.subscription.group,
      sessionTimeout: options.sessionTimeoutMs,
      rebalanceTimeout: Math.max(options.sessionTimeoutMs, 10_000),
      heartbeatInterval: this.duties.heartbeatMs,
      maxWaitTimeInMs: MAX_WAIT_MS,
      allowAutoTopicCreation: false,
      // The member starts a new consumer itself: kafkajs gives up on some errors that pass.
      retry: { ...CONSUMER_RETRY, restartOnFailure: async () => false },
    });
    const { GROUP_JOIN, CRASH, HEARTBEAT, FETCH_START, FETCH, START_BATCH_PROCESS } = consumer.events;
    const fetches = new Fetches();
    consumer.on(GROUP_JOIN, ({ payload }) =>
      this.#joined(consumer, payload.memberId, payload.memberAssignment),
    );
    consumer.on(HEARTBEAT, () => {
      this.#acquireLost(consumer);
      this.#commitSkipped();
    });
    consumer.on(FETCH_START, ({ payload }) => fetches.began(payload.nodeId));
    // Before what was fetched is handled.
    consumer.on(FETCH, ({ payload }) => {
      patience.succeeded(this.#reading);
      patience.over(this);
      if (fetches.succeeded(payload.nodeId)) this.#confirmAll(consumer);
    });
    consumer.on(START_BATCH_PROCESS, ({ payload }) => this.#skipped(payload));
    consumer.on(CRASH, ({ payload }) => {
      const refusal = patience.refusal(payload.error, this.#reading, started);
      if (refusal) this.duties.failed(refusal);
      else patience.troubled(this, reasonOf(payload.error, this.#reading));
      this.#crashed?.();
    });
    return consumer;
  }

  /** Runs before the first fetch of a new assignment. */
  #joined(consumer: Consumer, memberId: string, assignment: Record<string, number[]>): void {
    this.#consumer = consumer;
    const sameMember = memberId === this.#memberId;
    this.#memberId = memberId;
    const assigned = new Map<string, Progress>();
    for (const [topic, partitions] of Object.entries(assignment)) {
      for (const partition of partitions)
        assigned.set(keyOf(topic, partition), this.duties.progressOf(topic, partition));
    }
    for (const [key, { progress }] of this.#held) {
      if (assigned.has(key)) continue;
      this.#held.delete(key);
      this.duties.lost(progress);
    }
    if (this.#paused) {
      this.#pause(consumer);
      return;
    }
    for (const [key, progress] of assigned) {
      const held = this.#held.get(key);
      if (sameMember && held?.state === 'held') this.#confirm(consumer, key, progress);
      else if (!sameMember || held?.state !== 'acquiring') this.#acquire(consumer, key, progress);
    }
    this.duties.changed();
  }

  /** A batch that contains only ends of transactions, which the batch handler never sees. */
  #skipped({ topic, partition, batchSize, firstOffset, lastOffset }: BatchBounds): void {
    const held = this.#held.get(keyOf(topic, partition));
    if (batchSize > 0 || held?.state !== 'held' || firstOffset === null) return;
    if (BigInt(firstOffset) <= held.progress.cursor) held.progress.readUpTo(BigInt(lastOffset) + 1n);
  }

  /** A heartbeat succeeded: the assignment is still valid, also for partitions whose transactions were fenced. */
  #acquireLost(consumer: Consumer): void {
    if (this.#paused) return;
    for (const [key, { progress, state }] of this.#held) {
      if (state === 'lost') this.#acquire(consumer, key, progress);
    }
  }

  /** What a partition ends with may be nothing to deal with: an aborted transaction would be lag for ever. */
  #commitSkipped(): void {
    for (const { progress, state } of this.#held.values())
      if (state === 'held' && progress.skipped) this.duties.skipped(progress);
  }

  #acquire(consumer: Consumer, key: string, progress: Progress): void {
    const held: Held = { progress, state: 'acquiring' };
    this.#held.set(key, held);
    this.duties.acquire(progress).then(
      (isOurs) => {
        if (this.#held.get(key) !== held || this.#paused) return;
        held.state = isOurs ? 'held' : 'lost';
        if (isOurs && this.#consumer === consumer) seek(consumer, progress);
        this.duties.changed();
      },
      (error: unknown) => {
        if (this.#held.get(key) === held && !this.#paused) this.duties.failed(error);
      },
    );
  }

  #confirmAll(consumer: Consumer): void {
    for (const [key, { progress, state }] of this.#held)
      if (state === 'held') this.#confirm(consumer, key, progress);
  }

  /** The topic may have been missing for a while: nothing more is read until it is known to be the same. */
  #confirm(consumer: Consumer, key: string, progress: Progress): void {
    const held: Held = { progress, state: 'acquiring' };
    this.#held.set(key, held);
    this.duties.moved(progress).then(
      (moved) => {
        if (moved || this.#held.get(key) !== held || this.#paused) return;
        held.state = 'held';
        if (this.#consumer === consumer) seek(consumer, progress);
        this.duties.changed();
      },
      (error: unknown) => {
        if (this.#held.get(key) === held && !this.#paused) this.duties.failed(error);
      },
    );
  }

  #pause(consumer: Consumer): void {
    try {
      consumer.pause(this.subscription.topics.map((topic) => ({ topic })));
    } catch {
      // It has crashed, and reads nothing any more.
    }
  }

  async #batch(payload: EachBatchPayload, consumer: Consumer): Promise<void> {
    const held = this.#held.get(keyOf(payload.batch.topic, payload.batch.partition));
    if (!held || this.#consumer !== consumer || (await this.#isElsewhere(payload, held))) return;
    await this.duties.handle(payload, held);
  }

  /** kafkajs silently moves to an end of the log if the requested offset does not exist. */
  async #isElsewhere({ batch, isStale }: EachBatchPayload, { state, progress }: Held): Promise<boolean> {
    const fetched = fetchedOffset(batch);
    if (state !== 'held' || fetched === undefined || fetched === progress.cursor || isStale()) return false;
    return this.duties.moved(progress);
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

function seek(consumer: Consumer, { topic, partition, cursor }: Progress): void {
  try {
    consumer.seek({ topic, partition, offset: String(cursor) });
  } catch {
    // It is no longer running; its successor will be told where to go on when it joins.
  }
}
