import { fromEvent, lastValueFrom, type Observable, of, takeUntil } from 'rxjs';
import type { LogRecord } from '../../domain/record.js';
import type { EventLog } from '../eventLog.js';
import { keptNow } from '../keptNow.js';
import { LiveTopic, type Seat } from './liveTopic.js';
import { Places } from './places.js';
import { Restful } from './restful.js';
import { type Start, within } from './start.js';

/** How many may follow. */
export interface FollowerLimits {
  /** Followers of all topics together. */
  readonly followers: number;
  /** Those among them that are served from the log, each by a reader of its own. */
  readonly backlogs: number;
}

/** One who follows a topic. */
export interface Follower {
  /** By partition, the first offset that was not handed over. */
  readonly positions: readonly bigint[];
  /**
   * Hands over one record after the other, the next once the last is handled. Resolves when the follower has left or the log has
   * closed; rejects with what reading failed with.
   */
  each(handle: (record: LogRecord) => Promise<void>): Promise<void>;
  /** To be called when the follower is gone, once or more often. */
  leave(): void;
}

/**
 * Followers of topics. One reader a topic serves all who are near its end, however many they are ({@link LiveTopic}). Who begins
 * earlier or falls behind is served from the log by a reader of its own until it has caught up: a slow one holds up nobody, and
 * is not cut off.
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

  /** How many follow now. */
  get following(): number {
    return this.#followers.taken;
  }

  /** How many of them are served from the log. */
  get catchingUp(): number {
    return this.#backlogs.taken;
  }

  /**
   * Follows a topic. Once this resolves, nothing that is written afterwards is missed.
   * @throws LetheError `overloaded`, retriable, where as many follow as may; `invalid-message` for positions that are not there
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
   * Takes a seat before a topic's end, without a place among the followers. Once this resolves, nothing that is written afterwards
   * is missed.
   */
  seat(topic: string): Promise<Seat> {
    return this.#topic(topic).enter();
  }

  /**
   * Counts one who reads what is kept, by a reader of its own.
   * @returns what is to be called when it is gone
   * @throws LetheError `overloaded`, retriable, where as many follow as may
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

  /** Awaited after each record that is served from the log: live answers come first. */
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
  /** Takes a seat before the topic's end. */
  readonly enter: () => Promise<Seat>;
  /** Waits for a place among those who are served from the log. */
  readonly wait: (gone: AbortSignal) => Promise<(() => void) | undefined>;
  /** Rests after a record from the log, where that is due. */
  readonly rest: () => Promise<void>;
  readonly left: () => void;
}

class Following implements Follower {
  readonly #gone = new AbortController();
  #positions: bigint[] = [];
  #seat: Seat | undefined;
  /** Gives back its place among those who are served from the log; undefined while it has none. */
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
   * Serves it from the log, up to where its seat goes on. The seat is taken before the end is looked up: what the shared reader
   * has read already lies before that end.
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

  /** Serves it what the shared reader reads. */
  async #live(give: (record: LogRecord) => Promise<void>): Promise<'behind' | 'over'> {
    const records = this.#seat?.records();
    for (;;) {
      const next = await records?.next();
      if (!next || next.done) return next?.value ?? 'over';
      await give(next.value);
    }
  }

  /** What was handed over already, from the log or before the seat was taken, is passed over. */
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
