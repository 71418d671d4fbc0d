import type { LogRecord } from '../../domain/record.js';
import { waitIdOf } from '../../domain/waitId.js';
import type { Seat } from './liveTopic.js';

/** A listener for records of a topic. */
export interface Listener {
  /** Restricts it to records of the request with this id. */
  readonly waitId?: string;
  heard(record: LogRecord): void;
  /** Called when nothing more will arrive. */
  lost(): void;
}

/** How long a topic is read without a listener: over Kafka, starting to read takes seconds. */
const LINGER_MS = 60_000;

/**
 * One seat at the end of a topic, and all listeners for its records, by the id of their request. The cost of a record
 * does not depend on their number.
 */
export class Listened {
  readonly #byId = new Map<string, Listener>();
  readonly #toAll = new Set<Listener>();
  #seat: Promise<Seat> | undefined;
  #lingering: NodeJS.Timeout | undefined;

  /** @param enter takes a seat: it receives what is written after this resolves */
  constructor(private readonly enter: () => Promise<Seat>) {}

  /**
   * Resolves when the listener misses nothing that is written afterwards.
   * @returns ends the listening
   * @throws the error of taking a seat
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
    /** A seat that was left without listeners has none to notify: later ones use another seat. */
    const over = (): void => {
      if (this.#seat !== seat) return;
      this.#seat = undefined;
      this.#lose();
    };
    seat.then((taken) => this.#listen(taken).then(over), over);
    return seat;
  }

  /**
   * Ends if the log has closed or failed, or the topic was read without this seat: none of its listeners may wait for
   * ever.
   */
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
