import { fromEvent, lastValueFrom, type Observable, of, takeUntil } from 'rxjs';
import type { LogRecord } from '../../domain/record.js';
import type { EventLog } from '../eventLog.js';
import { keptNow } from '../keptNow.js';
import { LiveTopic, type Seat } from './liveTopic.js';
import { Places } from './places.js';
import { Restful } from './restful.js';
import { type Start, within } from './start.js';

/** Limits of followers. */
export interface FollowerLimits {
  /** Followers of all topics together. */
  readonly followers: number;
  /** Those that read old records from the log, each with its own reader. */
  readonly backlogs: number;
}

/** A follower of a topic. */
export interface Follower {
  /** By partition, the first offset that was not delivered. */
  readonly positions: readonly bigint[];
  /**
   * Delivers one record after the other, the next when the last is handled. Resolves when the follower has left or
   * the log has closed; rejects with the error of the reader.
   */
  each(handle: (record: LogRecord) => Promise<void>): Promise<void>;
  /** Must be called when the follower is gone; may be called repeatedly. */
  leave(): void;
}

/**
 * Followers of topics. One reader per topic serves all followers near its end ({@link LiveTopic}). A follower that
 * starts earlier or falls behind reads from the log with its own reader until it has caught up. So a slow follower
 * delays nobody, and is not disconnected.
 */
export class Followers {
  readonly #live = new Map<string, LiveTopic>();
  readonly #followers: Places;
  readonly #backlogs: Places;

  constructor(
    private readonly log: EventLog,
    { followers, backlogs }: FollowerLimits,
    private readonly restful: Pick<Restful, 'rest'> = new Restful(),
  ) {
    this.#followers = new Places('http.followers', followers);
    this.#backlogs = new Places('http.backlogs', backlogs);
  }

  /** Number of followers. */
  get following(): number {
    return this.#followers.taken;
  }

  /** Number of followers that read from the log. */
  get catchingUp(): number {
    return this.#backlogs.taken;
  }

  /**
   * Follows a topic. Once this resolves, the follower misses nothing that is written afterwards.
   * @throws LetheError `overloaded`, retriable, at the limit of followers; `invalid-message` for positions that do
   * not exist
   */
  async follow(topic: string, from: Start): Promise<Follower> {
    const leave = this.#followers.take();
    try {
      const place = from === 'latest' ? undefined : this.#backlogs.take();
      const following = new Following(topic, this.log, {
        enter: () => this.#topic(topic).enter(),
        wait: (gone) => this.#backlogs.wait(gone),
        rest: () => this.rest(),
        left: leave,
      });
      try {
        await following.begin(from, place);
      } catch (error) {
        following.leave();
        throw error;
      }
      return following;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /**
   * Takes a seat at the end of a topic, which does not count as a follower. Once this resolves, the seat misses
   * nothing that is written afterwards.
   */
  seat(topic: string): Promise<Seat> {
    return this.#topic(topic).enter();
  }

  /**
   * Counts a client that reads existing records with its own reader.
   * @returns must be called when it is gone
   * @throws LetheError `overloaded`, retriable, at the limit
   */
  enterBacklog(): () => void {
    const leave = this.#followers.take();
    try {
      const release = this.#backlogs.take();
      return () => {
        release();
        leave();
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** Awaited after each record from the log: live answers go first. */
  rest(): Promise<void> {
    return this.restful.rest();
  }

  #topic(name: string): LiveTopic {
    const known = this.#live.get(name);
    if (known) return known;
    const live = new LiveTopic(this.log, name, () => {
      if (this.#live.get(name) === live) this.#live.delete(name);
    });
    this.#live.set(name, live);
    return live;
  }
}

/** What a follower shares with the others. */
interface Shared {
  /** Takes a seat at the end of the topic. */
  readonly enter: () => Promise<Seat>;
  /** Waits for a place among the followers that read from the log. */
  readonly wait: (gone: AbortSignal) => Promise<(() => void) | undefined>;
  /** Pauses after a record from the log, if a pause is due. */
  readonly rest: () => Promise<void>;
  readonly left: () => void;
}

class Following implements Follower {
  readonly #gone = new AbortController();
  #positions: bigint[] = [];
  #seat: Seat | undefined;
  /** Releases its place among the followers that read from the log; undefined without one. */
  #release: (() => void) | undefined;

  constructor(
    private readonly topic: string,
    private readonly log: EventLog,
    private readonly shared: Shared,
  ) {}

  get positions(): readonly bigint[] {
    return this.#positions;
  }

  async begin(from: Start, place: (() => void) | undefined): Promise<void> {
    this.#release = place;
    if (from === 'earliest') return;
    if (from === 'latest') await this.#enter();
    // Looked up now that the reader is at or before it: whoever is answered misses nothing written afterwards.
    const ends = await this.#ends();
    this.#positions = from === 'latest' ? [...ends] : within(ends, from);
  }

  async each(handle: (record: LogRecord) => Promise<void>): Promise<void> {
    const give = (record: LogRecord): Promise<void> => this.#give(record, handle);
    while (!this.#gone.signal.aborted) {
      if (!this.#seat || this.#seat.isBehind) await this.#catchUp(give);
      if ((await this.#live(give)) === 'over') return;
    }
  }

  leave(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#seat?.leave();
    this.#release?.();
    this.shared.left();
  }

  /**
   * Reads from the log up to where its seat continues. The seat is taken before the end is determined, so what the
   * shared reader has already read is before that end.
   */
  async #catchUp(give: (record: LogRecord) => Promise<void>): Promise<void> {
    const { log, topic } = this;
    const { signal } = this.#gone;
    this.#release ??= await this.shared.wait(signal);
    let isBehind = true;
    while (isBehind && !signal.aborted) {
      const seat = await this.#enter();
      // A topic that was made again ends before.
      within(await this.#ends(), this.#positions);
      const from = new Map([[topic, [...this.#positions]]]);
      const handle = async (record: LogRecord): Promise<void> => {
        await give(record);
        await this.shared.rest();
      };
      const kept = keptNow(log, topic, { from, handle }).pipe(takeUntil(aborted(signal)));
      await lastValueFrom(kept, { defaultValue: undefined });
      isBehind = seat.isBehind;
    }
    this.#release?.();
    this.#release = undefined;
  }

  /** Delivers what the shared reader reads. */
  async #live(give: (record: LogRecord) => Promise<void>): Promise<'behind' | 'over'> {
    const records = this.#seat?.records();
    for (;;) {
      const next = await records?.next();
      if (!next || next.done) return next?.value ?? 'over';
      await give(next.value);
    }
  }

  /** Skips what was already delivered, from the log or before the seat was taken. */
  async #give(record: LogRecord, handle: (record: LogRecord) => Promise<void>): Promise<void> {
    if (record.offset < (this.#positions[record.partition] ?? 0n)) return;
    this.#positions[record.partition] = record.offset + 1n;
    await handle(record);
  }

  async #ends(): Promise<readonly bigint[]> {
    return (await this.log.ends([this.topic])).get(this.topic) ?? [];
  }

  async #enter(): Promise<Seat> {
    this.#seat?.leave();
    const seat = await this.shared.enter();
    this.#seat = seat;
    if (this.#gone.signal.aborted) seat.leave();
    return seat;
  }
}

function aborted(signal: AbortSignal): Observable<unknown> {
  return signal.aborted ? of(undefined) : fromEvent(signal, 'abort');
}
