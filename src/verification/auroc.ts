/**
 * Area under the ROC curve of a score: the chance that a positive has a higher one than a negative, ties counting half
 * (Mann and Whitney's U). 0.5 where the score tells nothing; NaN where one side is empty.
 */
export function auroc(positives: readonly number[], negatives: readonly number[]): number {
  const all = [
    ...positives.map((score) => ({ score, positive: true })),
    ...negatives.map((score) => ({ score, positive: false })),
  ].sort((a, b) => a.score - b.score);
  let rankSum = 0;
  for (let start = 0; start < all.length; ) {
    let end = start;
    while (end < all.length && all[end]?.score === all[start]?.score) end++;
    // Ranks count from 1; equal scores share the mean of theirs.
    const rank = (start + 1 + end) / 2;
    for (let at = start; at < end; at++) if (all[at]?.positive) rankSum += rank;
    start = end;
  }
  const { length: n } = positives;
  return (rankSum - (n * (n + 1)) / 2) / (n * negatives.length);
}

/**
 * Share of negatives that a score lets through at the level at which the given share of positives is let through.
 * @param share e.g. 0.95 for FPR at 95 % TPR
 */
export function falsePositiveRate(
  positives: readonly number[],
  negatives: readonly number[],
  share: number,
): number {
  const ascending = [...positives].sort((a, b) => a - b);
  const level = ascending[Math.floor((1 - share) * ascending.length)] ?? Number.NEGATIVE_INFINITY;
  return negatives.filter((score) => score >= level).length / negatives.length;
}
