/** A filter's decision about an input, and whether its class is truly an unlearned one. */
export interface FilterDecision {
  readonly unlearned: boolean;
  readonly filtered: boolean;
}

/** Quality of the filter with "unlearned" as the positive; null where a part is empty. */
export interface FilterQuality {
  /** TP / (TP + FN): the share of unlearned inputs that it stopped. */
  readonly recall: number | null;
  /** TN / (TN + FP): the share of remaining inputs that it let pass. */
  readonly specificity: number | null;
}

/** Recall and specificity of the decisions. */
export function filterQuality(decisions: Iterable<FilterDecision>): FilterQuality {
  const counts = { truePositive: 0, falseNegative: 0, trueNegative: 0, falsePositive: 0 };
  for (const { unlearned, filtered } of decisions) {
    if (unlearned) counts[filtered ? 'truePositive' : 'falseNegative']++;
    else counts[filtered ? 'falsePositive' : 'trueNegative']++;
  }
  return {
    recall: ratio(counts.truePositive, counts.truePositive + counts.falseNegative),
    specificity: ratio(counts.trueNegative, counts.trueNegative + counts.falsePositive),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
