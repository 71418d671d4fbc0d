/** Those who write do so side by side; who wants it quiet waits for them, and holds up those who come meanwhile. */
export class Lull {
  readonly #writing = new Set<Promise<unknown>>();
  #over: Promise<void> = Promise.resolve();

  /** Writes as soon as nobody wants it quiet. */
  async write<T>(work: () => Promise<T>): Promise<T> {
    await this.#over;
    const written = work();
    this.#writing.add(written);
    try {
      return await written;
    } finally {
      this.#writing.delete(written);
    }
  }

  /** Does what must not be disturbed. */
  async quiet<T>(work: () => Promise<T>): Promise<T> {
    let end = (): void => undefined;
    this.#over = new Promise((resolve) => {
      end = resolve;
    });
    try {
      await Promise.allSettled(this.#writing);
      return await work();
    } finally {
      end();
    }
  }
}
