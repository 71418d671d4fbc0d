import type { BlockView } from './block.js';

/** A row that may be among the k nearest. */
export interface Candidate {
  readonly view: BlockView;
  readonly row: number;
  readonly similarity: number;
}

/**
 * The k nearest rows seen so far: a binary heap with the least near one at its root.
 * A search offers some thousand rows, so it lies in flat arrays.
 */
export class Shortlist {
  #size = 0;
  readonly #similarities: Float64Array;
  readonly #orders: Float64Array;
  readonly #rows: Int32Array;
  readonly #views: BlockView[] = [];

  /** @param k rows kept at most; memory for as many is taken at once */
  constructor(k: number) {
    this.#similarities = new Float64Array(k);
    this.#orders = new Float64Array(k);
    this.#rows = new Int32Array(k);
  }

  /** A row that is less similar than this is not among the k nearest. */
  get threshold(): number {
    return this.#size < this.#rows.length ? Number.NEGATIVE_INFINITY : (this.#similarities[0] as number);
  }

  /** Takes a row of at least {@link threshold}. */
  offer(view: BlockView, row: number, similarity: number): void {
    const order = view.order[row] as number;
    if (this.#size < this.#rows.length) this.#raise(this.#size++, view, row, similarity, order);
    else if (this.#isLessNear(0, similarity, order)) this.#sink(view, row, similarity, order);
  }

  /** At most k rows, in no particular order. */
  candidates(): Candidate[] {
    return this.#views.map((view, at) => {
      return { view, row: this.#rows[at] as number, similarity: this.#similarities[at] as number };
    });
  }

  /** Puts a row at the free place `at`, below those that are less near. */
  #raise(at: number, view: BlockView, row: number, similarity: number, order: number): void {
    let place = at;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#isLessNear(parent, similarity, order)) break;
      this.#copy(parent, place);
      place = parent;
    }
    this.#put(place, view, row, similarity, order);
  }

  /** Puts a row in the place of the root, and the next least near one at the root. */
  #sink(view: BlockView, row: number, similarity: number, order: number): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      const sibling = child + 1;
      if (sibling < this.#size && this.#isLessNearThanRow(sibling, child)) child = sibling;
      if (!this.#isLessNear(child, similarity, order)) break;
      this.#copy(child, place);
      place = child;
    }
    this.#put(place, view, row, similarity, order);
  }

  #isLessNear(at: number, similarity: number, order: number): boolean {
    const here = this.#similarities[at] as number;
    return here < similarity || (here === similarity && (this.#orders[at] as number) > order);
  }

  #isLessNearThanRow(at: number, other: number): boolean {
    return this.#isLessNear(at, this.#similarities[other] as number, this.#orders[other] as number);
  }

  #copy(from: number, to: number): void {
    this.#put(
      to,
      this.#views[from] as BlockView,
      this.#rows[from] as number,
      this.#similarities[from] as number,
      this.#orders[from] as number,
    );
  }

  #put(at: number, view: BlockView, row: number, similarity: number, order: number): void {
    this.#views[at] = view;
    this.#rows[at] = row;
    this.#similarities[at] = similarity;
    this.#orders[at] = order;
  }
}

/** Most similar first, then first inserted first. */
export function byNearness(a: Candidate, b: Candidate): number {
  return b.similarity - a.similarity || orderOf(a) - orderOf(b);
}

function orderOf({ view, row }: Candidate): number {
  return view.order[row] as number;
}
