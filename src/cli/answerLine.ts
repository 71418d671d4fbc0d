import type { Prediction } from '../domain/messages/prediction.js';

/** An answer on a line, without the id of its query. */
export function answerLine({ label, probabilities, route }: Prediction): string {
  const probability = probabilities.find((each) => each.label === label)?.probability;
  const share = probability === undefined ? '' : `  ${(100 * probability).toFixed(1)} %`;
  return `${label ?? '-'}${share}  (${route})`;
}
