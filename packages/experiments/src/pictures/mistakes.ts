import type { StrategyName } from 'lethe/internal/domain/messages/prediction.js';
import type { StepEvaluation } from '../evaluation/evaluateProtocol.js';
import { STRATEGIES_OF } from '../evaluation/methods.js';
import { mistakesMap } from '../plots/mistakesMap.js';

/** Inputs on the map, at most: they are taken evenly from all. */
const MAPPED = 900;

/** How the filter and then the strategy treated an input. */
export const TREATMENTS = {
  right: 'answered correctly',
  saved: 'filtered by mistake, answered correctly',
  lost: 'filtered by mistake, answered wrongly',
  leaked: 'unlearned, still named',
  wrong: 'not filtered, answered wrongly',
  forgotten: 'unlearned, not named',
} as const;

/** Numbers of the mistakes of a strategy under a setting. */
export interface MistakeCount {
  readonly setting: 'lethe' | 'paper';
  readonly strategy: StrategyName;
  readonly counts: Readonly<Record<keyof typeof TREATMENTS, number>>;
}

/** Counts what became of each input of one step, for each strategy under both settings. */
export function countMistakes(step: StepEvaluation): MistakeCount[] {
  return (['paper', 'lethe'] as const).flatMap((setting) =>
    STRATEGIES_OF[setting].map((strategy) => {
      const counts = { right: 0, saved: 0, lost: 0, leaked: 0, wrong: 0, forgotten: 0 };
      for (const treatment of treatmentsOf(step, setting, strategy)) counts[treatment]++;
      return { setting, strategy, counts };
    }),
  );
}

/** Fig. 4: where the filter's mistakes lie and what each strategy makes of them, in the paper's setting. SVG. */
export async function mistakesPicture(
  step: StepEvaluation,
  setting: 'lethe' | 'paper',
  seed: number,
): Promise<string> {
  const every = Math.max(1, Math.ceil(step.test.truths.length / MAPPED));
  const chosen = [...step.test.truths.keys()].filter((index) => index % every === 0);
  const { projectToPlane } = await import('lethe/internal/model/projection.js');
  const places = projectToPlane(
    chosen.map((index) => step.test.vectors[index] as Float32Array),
    { seed },
  );
  return mistakesMap({
    title: `The filter's mistakes after ${step.step.name}, ${setting === 'paper' ? "the paper's setting" : 'Lethe'}`,
    subtitle: `UMAP of test images; ${step.unlearned.join(', ')} is unlearned`,
    treatments: Object.values(TREATMENTS),
    panels: STRATEGIES_OF[setting].map((strategy) => {
      const treatments = treatmentsOf(step, setting, strategy);
      return {
        title: strategy,
        points: chosen.map((index, at) => ({
          ...(places[at] as { x: number; y: number }),
          treatment: TREATMENTS[treatments[index] as keyof typeof TREATMENTS],
        })),
      };
    }),
  });
}

function treatmentsOf(
  { methods, test, unlearned }: StepEvaluation,
  setting: 'lethe' | 'paper',
  strategy: StrategyName,
): (keyof typeof TREATMENTS)[] {
  const method = methods.find(({ name, group }) => name === strategy && group === setting);
  if (!method) throw new RangeError(`${setting}/${strategy} gave no answers`);
  return test.truths.map((truth, index) => {
    const named = method.answers[index]?.label === truth;
    if (unlearned.includes(truth)) return named ? 'leaked' : 'forgotten';
    if (method.filtered?.[index]) return named ? 'saved' : 'lost';
    return named ? 'right' : 'wrong';
  });
}
