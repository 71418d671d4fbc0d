import { type LogRecord, recordBytes } from '../../domain/record.js';

const WINDOW_BYTES = 2 ** 25;
/** What a record takes in memory beside its bytes, about. */
const BESIDE_BYTES = 512;

/** The newest records of a topic, as many as memory is given for; each has a place, counted from 0. */
export class RecordWindow {
  readonly #records = new Map<number, { readonly record: LogRecord; readonly bytes: number }>();
  #start = 0;
  #end = 0;
  #bytes = 0;

  /** The place of the oldest that is kept. */
  get start(): number {
    return this.#start;
  }

  /** The place of the next. */
  get end(): number {
    return this.#end;
  }

  at(place: number): LogRecord | undefined {
    return this.#records.get(place)?.record;
  }

  /** Adds a record, and lets go of the oldest for it. The newest is kept, however large. */
  push(record: LogRecord): void {
    const bytes = BESIDE_BYTES + recordBytes(record);
    this.#records.set(this.#end++, { record, bytes });
    this.#bytes += bytes;
    while (this.#bytes > WINDOW_BYTES && this.#records.size > 1) {
      this.#bytes -= this.#records.get(this.#start)?.bytes ?? 0;
      this.#records.delete(this.#start++);
    }
  }
}
