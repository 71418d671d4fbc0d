import type { Lack } from './errors.js';
import type { RedisNeed } from './options.js';

/** What one operation waits for. */
export interface Wait {
  for(lack: Lack): void;
  /** It waits no longer. */
  over(): void;
}

/** Tells what operations wait for: each need once, from the first operation that waits for it to the last. */
export class Waits {
  readonly #tell: (need: RedisNeed, why: string | null) => void;
  readonly #lacks = new Map<symbol, Lack>();
  readonly #told = new Map<RedisNeed, string>();

  constructor(tell: (need: RedisNeed, why: string | null) => void = () => undefined) {
    this.#tell = tell;
  }

  begin(): Wait {
    const operation = Symbol('operation');
    return {
      for: (lack) => {
        const before = this.#lacks.get(operation);
        this.#lacks.set(operation, lack);
        if (this.#told.get(lack.need) !== lack.why) {
          this.#told.set(lack.need, lack.why);
          this.#tell(lack.need, lack.why);
        }
        if (before) this.#endUnlessOthersWait(before.need);
      },
      over: () => {
        const before = this.#lacks.get(operation);
        if (!before) return;
        this.#lacks.delete(operation);
        this.#endUnlessOthersWait(before.need);
      },
    };
  }

  #endUnlessOthersWait(need: RedisNeed): void {
    if ([...this.#lacks.values()].some((lack) => lack.need === need) || !this.#told.delete(need)) return;
    this.#tell(need, null);
  }
}
