import { LetheError } from '../../domain/errors.js';

const STREAM = { taken: 'streams are already open', wayOut: 'Close one' };
/** What uses a place, and the remedy without one, by the setting with the limit. */
const IN_WORDS = {
  'http.followers': STREAM,
  'http.backlogs': STREAM,
  'http.waiters': { taken: 'requests already wait for an answer', wayOut: 'Send it without waiting' },
} as const;

/** A limited number of places. */
export class Places {
  #taken = 0;
  readonly #line: (() => void)[] = [];

  /** @param field the setting with the limit */
  constructor(
    private readonly field: keyof typeof IN_WORDS,
    private readonly most: number,
  ) {}

  /** Number of used places. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes a place.
   * @returns releases it, once
   * @throws LetheError `overloaded`, retriable, if none is free
   */
  take(): () => void {
    if (this.#taken >= this.most) throw full(this.field, this.most);
    this.#taken++;
    return this.#release();
  }

  /** Takes a place when one is free, first come, first served; undefined once `gone` is aborted. */
  async wait(gone: AbortSignal): Promise<(() => void) | undefined> {
    if (gone.aborted) return undefined;
    if (this.#taken < this.most) return this.take();
    return new Promise((resolve) => {
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(next), 1);
        resolve(undefined);
      };
      const next = (): void => {
        gone.removeEventListener('abort', leave);
        resolve(this.#release());
      };
      this.#line.push(next);
      gone.addEventListener('abort', leave, { once: true });
    });
  }

  /** A released place goes to the first in the queue. */
  #release(): () => void {
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const next = this.#line.shift();
      if (next) next();
      else this.#taken--;
    };
  }
}

function full(field: keyof typeof IN_WORDS, most: number): LetheError {
  const { taken, wayOut } = IN_WORDS[field];
  return new LetheError('overloaded', `${most} ${taken}`, {
    field,
    value: String(most),
    remedy: `${wayOut}, try again later, or raise ${field}.`,
    retriable: true,
  });
}
