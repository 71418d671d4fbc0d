/** A test input's true class and the class it was answered with. */
export interface Answered {
  readonly truth: string;
  /** Null where no class was named. */
  readonly label: string | null;
}

/** A_r and A_u (eCIL-MU, arXiv 2401.02457), as shares from 0 to 1; null where no answer belongs to that part. */
export interface SplitAccuracy {
  /** A_r: share of the inputs of remaining classes that were answered with their class. */
  readonly remaining: number | null;
  /** A_u: share of the inputs of unlearned classes that were answered with their class. Ideal: 0. */
  readonly unlearned: number | null;
}

/** Share of the answers that name the truth; null for no answers. */
export function accuracy(answers: Iterable<Answered>): number | null {
  let right = 0;
  let all = 0;
  for (const { truth, label } of answers) {
    all++;
    if (truth === label) right++;
  }
  return all === 0 ? null : right / all;
}

/**
 * A_r and A_u of `answers`. An answer whose truth is in neither set (a class not learned yet) counts for neither.
 */
export function splitAccuracy(
  answers: Iterable<Answered>,
  remaining: ReadonlySet<string>,
  unlearned: ReadonlySet<string>,
): SplitAccuracy {
  const all = [...answers];
  return {
    remaining: accuracy(all.filter(({ truth }) => remaining.has(truth))),
    unlearned: accuracy(all.filter(({ truth }) => unlearned.has(truth))),
  };
}
