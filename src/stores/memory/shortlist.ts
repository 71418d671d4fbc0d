import type { BlockView } from './block.js';

/** A row that may be among the k nearest. */
export interface Candidate {
  readonly view: BlockView;
  readonly row: number;
  readonly similarity: number;
}

/** The k nearest rows seen so far. */
export class Shortlist {
  /** A row that is less similar than this is not among the k nearest. */
  threshold = Number.NEGATIVE_INFINITY;
  #candidates: Candidate[] = [];
  readonly #k: number;

  constructor(k: number) {
    this.#k = k;
  }

  /** Takes a row of at least {@link threshold}. */
  offer(candidate: Candidate): void {
    this.#candidates.push(candidate);
    // Sorting once in k offers is cheaper than keeping order with each.
    if (this.#candidates.length === 2 * this.#k) this.#trim();
  }

  /** At most k rows, most similar first; equally similar ones in the order of their insertion. */
  best(): readonly Candidate[] {
    this.#trim();
    return this.#candidates;
  }

  #trim(): void {
    this.#candidates.sort(byNearness);
    if (this.#candidates.length < this.#k) return;
    this.#candidates.length = this.#k;
    this.threshold = this.#candidates[this.#k - 1]?.similarity ?? this.threshold;
  }
}

/** Most similar first, then first inserted first. */
export function byNearness(a: Candidate, b: Candidate): number {
  return b.similarity - a.similarity || orderOf(a) - orderOf(b);
}

function orderOf({ view, row }: Candidate): number {
  return view.order[row] as number;
}
