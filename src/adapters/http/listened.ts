import type { LogRecord } from '../../domain/record.js';
import { waitIdOf } from '../../domain/waitId.js';
import type { Seat } from './liveTopic.js';

/** Who waits for records of a topic. */
export interface Listener {
  /** Only records of the request with this id are for it; all of them where it is left out. */
  readonly waitId?: string;
  heard(record: LogRecord): void;
  /** Nothing more will be heard. */
  lost(): void;
}

/** For how long a topic is read on without a listener: over Kafka it takes seconds until it can be read anew. */
const LINGER_MS = 60_000;

/**
 * One seat before a topic's end, and all who wait for a record of it, found by the id of their request: what a record costs does
 * not grow with their number.
 */
export class Listened {
  readonly #byId = new Map<string, Listener>();
  readonly #toAll = new Set<Listener>();
  #seat: Promise<Seat> | undefined;
  #lingering: NodeJS.Timeout | undefined;

  /** @param enter takes a seat: what is written after it resolves is read */
  constructor(private readonly enter: () => Promise<Seat>) {}

  /**
   * Resolves when nothing that is written afterwards is missed.
   * @returns what ends the listening
   * @throws what taking a seat fails with
   */
  async add(listener: Listener): Promise<() => void> {
    clearTimeout(this.#lingering);
    const { waitId } = listener;
    if (waitId === undefined) this.#toAll.add(listener);
    else this.#byId.set(waitId, listener);
    const remove = (): void => {
      const was = waitId === undefined ? this.#toAll.delete(listener) : this.#byId.delete(waitId);
      if (was) this.#linger();
    };
    this.#seat ??= this.#sit();
    try {
      await this.#seat;
    } catch (error) {
      remove();
      throw error;
    }
    return remove;
  }

  #sit(): Promise<Seat> {
    const seat = this.enter();
    /** A seat that was left for want of listeners has none to lose: who came since sits on another. */
    const over = (): void => {
      if (this.#seat !== seat) return;
      this.#seat = undefined;
      this.#lose();
    };
    seat.then((taken) => this.#listen(taken).then(over), over);
    return seat;
  }

  /** Ends where the log has closed or failed, or was read on without this seat: none of its listeners may wait in vain. */
  async #listen(seat: Seat): Promise<void> {
    try {
      for await (const record of seat.records()) this.#give(record);
    } catch {
      // Whoever listens is told so, and asks anew.
    } finally {
      seat.leave();
    }
  }

  #give(record: LogRecord): void {
    this.#byId.get(waitIdOf(record) ?? '')?.heard(record);
    for (const listener of this.#toAll) listener.heard(record);
  }

  #lose(): void {
    const listeners = [...this.#byId.values(), ...this.#toAll];
    this.#byId.clear();
    this.#toAll.clear();
    for (const listener of listeners) listener.lost();
  }

  #linger(): void {
    if (this.#byId.size + this.#toAll.size > 0) return;
    clearTimeout(this.#lingering);
    const seat = this.#seat;
    this.#lingering = setTimeout(() => {
      if (this.#seat === seat) this.#seat = undefined;
      void seat?.then(
        (taken) => taken.leave(),
        () => undefined,
      );
    }, LINGER_MS).unref();
  }
}
