/**
 * Arithmetic mean.
 * @throws RangeError for no values
 */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('the mean of no values is not defined');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
