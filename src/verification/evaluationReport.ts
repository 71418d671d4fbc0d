import type { DataTable } from '../report/dataTable.js';
import type { ClassEvaluation, Evaluation, Share } from './evaluation.js';

/** Mistakes that are listed of a class. */
const MOST_MISTAKES = 3;

/** What answered: more than one where something changed meanwhile. */
export interface AnsweredBy {
  readonly models: readonly string[];
  readonly registryVersions: readonly number[];
}

/** The result in a few lines. */
export function evaluationLines(
  { inputs, remaining, unlearned, unanswered, calibration }: Evaluation,
  { models, registryVersions }: AnsweredBy,
): string[] {
  const versions = `model ${models.join(', ')}, registry ${registryVersions.join(', ')}`;
  return [
    `${inputs} inputs, ${unanswered.part} answered with no class (${versions})`,
    `A_r ${percent(remaining)} of ${remaining.of} inputs of learned classes`,
    `A_u ${percent(unlearned)} of ${unlearned.of} inputs of forgotten classes`,
    ...(calibration ? [`calibration error ${(100 * calibration.error).toFixed(1)} %`] : []),
  ];
}

/** Classes, and how the probabilities fit. */
export function evaluationTables({ classes, calibration }: Evaluation): DataTable[] {
  const byClass: DataTable = {
    caption: 'Classes',
    head: ['class', 'state', 'inputs', 'recall', 'precision', 'taken for'],
    rows: classes.map((each) => [
      each.name,
      each.state ?? 'not known',
      String(each.recall.of),
      percent(each.recall),
      percent(each.precision),
      mistakesText(each),
    ]),
  };
  if (!calibration) return [byClass];
  const reliability: DataTable = {
    caption: 'Probabilities, and how many of the answers are right',
    head: ['probability', 'answers', 'mean', 'right'],
    rows: calibration.bins.map(({ from, to, answers, confidence, accuracy }) => [
      `${(100 * from).toFixed(0)}-${(100 * to).toFixed(0)} %`,
      String(answers),
      `${(100 * confidence).toFixed(1)} %`,
      `${(100 * accuracy).toFixed(1)} %`,
    ]),
  };
  return [byClass, reliability];
}

function mistakesText({ mistakes }: ClassEvaluation): string {
  const shown = mistakes.slice(0, MOST_MISTAKES).map(({ label, inputs }) => `${label ?? 'none'} ${inputs}`);
  const rest = mistakes.length - shown.length;
  return [...shown, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function percent({ part, of }: Share): string {
  return of === 0 ? '-' : `${((100 * part) / of).toFixed(1)} %`;
}
