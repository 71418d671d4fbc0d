/**
 * Softmax over some of the logits, the others being impossible; stable for large logits.
 * @param logits one for each class of the model
 * @param indices the classes that are possible, at least one
 * @param temperature divides the logits: `Classifier.temperatureFactor`
 * @returns probabilities in the order of `indices`, summing to 1
 */
export function maskedSoftmax(
  logits: Float32Array,
  indices: readonly number[],
  temperature: number,
): number[] {
  const chosen = indices.map((index) => logits[index] as number);
  const highest = Math.max(...chosen);
  const weights = chosen.map((logit) => Math.exp((logit - highest) / temperature));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The one of `indices` with the highest logit; the first of equals. */
export function argmaxOf(logits: Float32Array, indices: readonly number[]): number {
  return indices.reduce((best, index) =>
    (logits[index] as number) > (logits[best] as number) ? index : best,
  );
}
