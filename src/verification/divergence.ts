/**
 * Jensen-Shannon divergence of two distributions over the same classes, in bits: 0 for equal ones, 1 for
 * disjoint ones. JS(p, q) = KL(p || m) / 2 + KL(q || m) / 2 with m = (p + q) / 2 and logarithms to base 2,
 * summed (not averaged) over the classes.
 * @param p probabilities, shape [classes]
 * @param q probabilities, shape [classes]
 * @throws RangeError where the lengths differ
 */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  if (p.length !== q.length)
    throw new RangeError(`distributions over ${p.length} and ${q.length} classes can't be compared`);
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const middle = ((p[i] as number) + (q[i] as number)) / 2;
    sum += surprise(p[i] as number, middle) + surprise(q[i] as number, middle);
  }
  return Math.max(0, sum / 2);
}

/** p log2(p / m), with its limit 0 at p = 0. */
function surprise(p: number, m: number): number {
  return p === 0 ? 0 : p * Math.log2(p / m);
}
