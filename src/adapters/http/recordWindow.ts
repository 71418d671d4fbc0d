import { type LogRecord, recordBytes } from '../../domain/record.js';

const WINDOW_BYTES = 2 ** 25;
/** Approximate memory of a record in addition to its bytes. */
const BESIDE_BYTES = 512;

/** The newest records of a topic, up to a memory limit; each has a place, counted from 0. */
export class RecordWindow {
  readonly #records = new Map<number, { readonly record: LogRecord; readonly bytes: number }>();
  #start = 0;
  #end = 0;
  #bytes = 0;

  /** The place of the oldest buffered record. */
  get start(): number {
    return this.#start;
  }

  /** The place of the next record. */
  get end(): number {
    return this.#end;
  }

  at(place: number): LogRecord | undefined {
    return this.#records.get(place)?.record;
  }

  /** Adds a record, and drops the oldest ones for it. The newest is always kept. */
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
