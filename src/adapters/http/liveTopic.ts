import { randomUUID } from 'node:crypto';
import type { Subscription } from 'rxjs';
import { LetheError } from '../../domain/errors.js';
import type { LogRecord } from '../../domain/record.js';
import type { EventLog } from '../eventLog.js';
import { RecordWindow } from './recordWindow.js';
import { within } from './start.js';

/** Largest distance between the reader and its fastest follower: less than a window. */
const AHEAD = { maxInFlight: 10_000, maxInFlightBytes: 2 ** 24 };
/** How long a topic is read without a follower. */
const LINGER_MS = 5000;

/** The place of one follower in a shared topic. */
export interface Seat {
  /** Whether its next record is no longer buffered, because the others are too far ahead. */
  readonly isBehind: boolean;
  /**
   * Emits records as fast as they are consumed. Returns `behind` if the next record is no longer buffered, `over`
   * when the log has closed or the seat was left; throws the error of the reader.
   */
  records(): AsyncGenerator<LogRecord, 'behind' | 'over'>;
  leave(): void;
}

/**
 * One reader at the end of a topic, and all its followers. It reads at the pace of the fastest follower, so a burst
 * waits in the log. Slower followers delay nobody, and fall behind once the window has moved past them.
 */
export class LiveTopic {
  readonly #window = new RecordWindow();
  readonly #seats = new Set<TakenSeat>();
  readonly #group = `tail-${randomUUID()}`;
  /** Records before this place are settled: one follower has consumed them, or there was none. */
  #settled = 0;
  /** By partition, the first offset that was not read. */
  #next: bigint[] = [];
  #isAsking = false;
  #started: Promise<void> | undefined;
  #reading: Subscription | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly topic: string,
    private readonly onEnd: () => void,
  ) {}

  /** Resolves when the reader has its position: the seat receives all that it has not read yet. */
  async enter(): Promise<Seat> {
    clearTimeout(this.#lingering);
    const seat = new TakenSeat(this.#window, {
      taken: (place) => this.#settleBefore(place),
      left: () => this.#left(seat),
    });
    this.#seats.add(seat);
    this.#started ??= this.#start();
    try {
      await this.#started;
      return seat;
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  #left(seat: TakenSeat): void {
    if (!this.#seats.delete(seat) || this.#seats.size > 0) return;
    this.#settleBefore(this.#window.end);
    clearTimeout(this.#lingering);
    this.#lingering = setTimeout(() => this.#end(), LINGER_MS).unref();
  }

  async #start(): Promise<void> {
    const { log, topic } = this;
    const from = await log.ends([topic]);
    this.#next = [...(from.get(topic) ?? [])];
    this.#reading = log
      .read({ topics: [topic], group: this.#group, ...AHEAD, from, transient: true })
      .subscribe({
        next: (record) => this.#give(record),
        error: (error: unknown) => this.#end(error),
        complete: () => this.#end(),
      });
  }

  #give(record: LogRecord): void {
    const { partition, offset } = record;
    if (offset < (this.#next[partition] ?? 0n)) void this.#hasGoneBack();
    else this.#next[partition] = offset + 1n;
    this.#window.push(record);
    if (this.#seats.size === 0) this.#settleBefore(this.#window.end);
    for (const seat of this.#seats) seat.wake();
  }

  /**
   * Records may come again, which followers skip. Or the topic was created again, and followers would wait for
   * offsets far ahead; then they get an error.
   */
  async #hasGoneBack(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      within((await this.log.ends([this.topic])).get(this.topic) ?? [], this.#next);
    } catch (error) {
      this.#end(error);
    } finally {
      this.#isAsking = false;
    }
  }

  #settleBefore(place: number): void {
    const settled = [];
    for (; this.#settled < place; this.#settled++) {
      const input = this.#window.at(this.#settled);
      if (input) settled.push({ input, outputs: [] });
    }
    if (settled.length === 0) return;
    this.log.settle(this.#group, settled).catch((error: unknown) => {
      // A log that was closed meanwhile has nothing to settle any more; its records end by themselves.
      if (!(error instanceof LetheError && error.code === 'overloaded')) this.#end(error);
    });
  }

  #end(error?: unknown): void {
    clearTimeout(this.#lingering);
    this.onEnd();
    this.#reading?.unsubscribe();
    for (const seat of this.#seats) seat.end(error);
    this.#seats.clear();
  }
}

class TakenSeat implements Seat {
  #place: number;
  #wake: () => void = () => undefined;
  #isOver = false;
  #failure: unknown;

  constructor(
    private readonly window: RecordWindow,
    private readonly told: { readonly taken: (place: number) => void; readonly left: () => void },
  ) {
    this.#place = window.end;
  }

  get isBehind(): boolean {
    return this.#place < this.window.start;
  }

  async *records(): AsyncGenerator<LogRecord, 'behind' | 'over'> {
    for (;;) {
      if (this.isBehind) return 'behind';
      const record = this.window.at(this.#place);
      if (record) {
        this.told.taken(++this.#place);
        yield record;
      } else if (this.#isOver) {
        if (this.#failure !== undefined) throw this.#failure;
        return 'over';
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  wake(): void {
    this.#wake();
  }

  /** Buffered records are still emitted. */
  end(failure?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = failure;
    this.#wake();
  }

  leave(): void {
    this.#place = Number.POSITIVE_INFINITY;
    this.end();
    this.told.left();
  }
}
