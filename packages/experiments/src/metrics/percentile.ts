/**
 * The q-quantile of `values` by linear interpolation between order statistics (R's type 7, numpy's default).
 * @param q 0 to 1, e.g. 0.99 for p99
 * @throws RangeError for no values or a q outside [0, 1]
 */
export function percentile(values: readonly number[], q: number): number {
  if (values.length === 0) throw new RangeError('the percentile of no values is not defined');
  if (!(q >= 0 && q <= 1)) throw new RangeError(`a quantile lies in [0, 1], ${q} does not`);
  const sorted = [...values].sort((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}
