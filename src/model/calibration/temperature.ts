/** What a model says of vectors that it was not trained on. */
export interface HeldOutLogits {
  /** Shape [n, classes]. */
  readonly logits: Float32Array | Float64Array;
  /** The column of each row's own class; n entries. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** How much each row counts; all alike where left out. */
  readonly weights?: Float64Array;
}

/** Factors beyond these say more of the data than of the model. */
const [LOWEST, HIGHEST] = [1 / 32, 32];
/** Halvings of that range: more than the digits that are kept. */
const HALVINGS = 40;
/** The factor is part of a model's identity: digits that rounding errors could change are left out. */
const DIGITS = 4;

/**
 * The temperature T for which softmax(logits / T) has the least cross-entropy on held-out vectors [Guo et al., On Calibration
 * of Modern Neural Networks, 2017]. It changes no order. Cross-entropy is convex in 1 / T, so its slope is halved down to its
 * root. Targets are 1 - e and e / (classes - 1) with e = 1 / (n + 2) instead of 1 and 0 [Platt, 1999]: few vectors that all
 * are right make no model certain.
 * @returns 1 where nothing is held out, there is one class alone, or a logit is not finite
 */
export function temperatureOf(heldOut: HeldOutLogits): number {
  if (heldOut.labels.length === 0 || heldOut.classes < 2) return 1;
  if (!heldOut.logits.every(Number.isFinite)) return 1;
  let [low, high] = [Math.log(LOWEST), Math.log(HIGHEST)];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (slopeAt(heldOut, Math.exp(-middle)) > 0) low = middle;
    else high = middle;
  }
  return Number(Math.exp((low + high) / 2).toPrecision(DIGITS));
}

/** Slope of the cross-entropy by the inverse temperature: above 0 where the model is too certain. */
function slopeAt({ logits, labels, classes, weights }: HeldOutLogits, inverse: number): number {
  const wrong = 1 / (labels.length + 2);
  let slope = 0;
  labels.forEach((label, index) => {
    const row = logits.subarray(index * classes, (index + 1) * classes);
    const highest = Math.max(...row);
    let [total, expected, sum] = [0, 0, 0];
    for (const logit of row) {
      const share = Math.exp((logit - highest) * inverse);
      total += share;
      expected += share * logit;
      sum += logit;
    }
    const own = row[label] as number;
    const wanted = (1 - wrong) * own + (wrong * (sum - own)) / (classes - 1);
    slope += (weights?.[index] ?? 1) * (expected / total - wanted);
  });
  return slope;
}
