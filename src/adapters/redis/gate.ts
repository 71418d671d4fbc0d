/** Holds callers up while it is shut. */
export class Gate {
  #passed!: Promise<void>;
  #open!: () => void;
  #fail!: (error: unknown) => void;
  #state: 'shut' | 'open' | 'failed' = 'shut';

  constructor() {
    this.#renew();
  }

  /** Resolves as soon as the gate is open; rejects once it has failed. */
  passed(): Promise<void> {
    return this.#passed;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  open(): void {
    if (this.#state !== 'shut') return;
    this.#state = 'open';
    this.#open();
  }

  shut(): void {
    if (this.#state === 'open') this.#renew();
  }

  /** For good: it is never opened again. */
  fail(error: unknown): void {
    if (this.#state === 'open') this.#renew();
    this.#state = 'failed';
    this.#fail(error);
  }

  #renew(): void {
    this.#state = 'shut';
    this.#passed = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#fail = reject;
    });
    // Nobody may be waiting when it fails.
    this.#passed.catch(() => {});
  }
}
