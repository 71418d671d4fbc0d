/** Keeps a learner that was replaced from changing anything: every script that changes something names its learner. */
export class Fence {
  /** Token of the learner that this process is; empty for one that never was. */
  learner = '';
  /** Resolves when another process has become the learner. */
  readonly replaced: Promise<void>;
  readonly replace: () => void;

  constructor() {
    let replace = (): void => undefined;
    this.replaced = new Promise((resolve) => {
      replace = resolve;
    });
    this.replace = replace;
  }

  /**
   * Of a script that was refused: never returns. An error would make dead letters and refused commands of what the new
   * learner will do rightly.
   */
  halt(): Promise<never> {
    this.replace();
    return new Promise(() => undefined);
  }
}
