/** The last correct and wrong outcomes of something, and the share of correct ones. */
export class Window {
  readonly #outcomes: boolean[] = [];
  #next = 0;
  #right = 0;

  /** @param size how many outcomes are kept */
  constructor(private readonly size: number) {}

  get count(): number {
    return this.#outcomes.length;
  }

  /** Share of right outcomes, 0 to 1; NaN without any. */
  get ratio(): number {
    return this.#right / this.count;
  }

  add(right: boolean): void {
    if (this.#outcomes[this.#next]) this.#right--;
    this.#outcomes[this.#next] = right;
    if (right) this.#right++;
    this.#next = (this.#next + 1) % this.size;
  }
}
