import { type Answered, splitAccuracy } from '../metrics/accuracy.js';
import { filterQuality } from '../metrics/filterQuality.js';
import { averageIncrementalAccuracy, backwardTransfer, forgetting } from '../metrics/incremental.js';
import type { LearningOutcome, MethodOutcome } from '../results.js';
import { meanDivergence } from './distributions.js';
import { BASELINES, type MethodAnswers, type StepEvaluation } from './evaluateProtocol.js';

/** The figures of every method over the steps; null where the method had no model, or nothing to be measured on. */
export function methodOutcomes(steps: readonly StepEvaluation[]): MethodOutcome[] {
  const all = steps.flatMap(({ methods }) => methods);
  const distinct = [...new Map(all.map((method) => [keyOf(method), method])).values()];
  return distinct.map(({ name, group }) => {
    const figures = steps.map((step) => {
      const method = step.methods.find((other) => keyOf(other) === keyOf({ name, group }));
      return method ? figuresOf(step, method) : NOTHING;
    });
    return {
      name,
      group,
      remaining: figures.map(({ remaining }) => remaining),
      unlearned: figures.map(({ unlearned }) => unlearned),
      divergence: figures.map(({ divergence }) => divergence),
      filter: figures.map(({ filter }) => filter),
    };
  });
}

/**
 * How well a method keeps what it learned. Tasks are taken without the classes that were unlearned by the end, so that
 * their deletion does not count as forgetting; a task of which nothing is left is left out.
 */
export function learningOutcome(
  steps: readonly StepEvaluation[],
  method: Pick<MethodAnswers, 'name' | 'group'>,
  label: string,
): LearningOutcome {
  const kept = new Set(steps.at(-1)?.remaining);
  const learning = steps.filter(({ step }) => step.kind === 'learn');
  const tasks = learning
    .map(({ step }) => new Set(step.classes.filter((name) => kept.has(name))))
    .filter((classes) => classes.size > 0);
  const accuracyOn = (step: StepEvaluation, classes: ReadonlySet<string>): number =>
    splitAccuracy(answeredBy(step, method), classes, new Set()).remaining ?? 0;
  const matrix = learning.map((step, after) =>
    tasks.slice(0, after + 1).map((classes) => accuracyOn(step, classes)),
  );
  return {
    name: label,
    averageIncremental: averageIncrementalAccuracy(
      learning.map((step, after) =>
        accuracyOn(step, new Set(tasks.slice(0, after + 1).flatMap((classes) => [...classes]))),
      ),
    ),
    forgetting: forgetting(matrix),
    backwardTransfer: backwardTransfer(matrix),
  };
}

const NOTHING = { remaining: null, unlearned: null, divergence: null, filter: null };

type Figures = { [K in keyof typeof NOTHING]: MethodOutcome[K][number] };

function figuresOf(step: StepEvaluation, method: MethodAnswers): Figures {
  const isUnlearned = step.test.truths.map((truth) => step.unlearned.includes(truth));
  const retrain = step.methods.find(({ name }) => name === retrainOf(method));
  const ofUnlearned = <T>(all: readonly T[]): T[] => all.filter((_, index) => isUnlearned[index]);
  const quality = filterQuality(
    (method.filtered ?? []).map((filtered, index) => ({ filtered, unlearned: isUnlearned[index] ?? false })),
  );
  return {
    ...splitAccuracy(answeredBy(step, method), new Set(step.remaining), new Set(step.unlearned)),
    divergence: retrain ? meanDivergence(ofUnlearned(method.answers), ofUnlearned(retrain.answers)) : null,
    filter:
      quality.recall === null || quality.specificity === null
        ? null
        : { recall: quality.recall, specificity: quality.specificity },
  };
}

/** The system that a method's answers are compared with: the same learner, which never saw the unlearned classes. */
export function retrainOf({ name }: Pick<MethodAnswers, 'name'>): string {
  return name === BASELINES.analytic || name === BASELINES.analyticRetrain
    ? BASELINES.analyticRetrain
    : BASELINES.retrain;
}

function answeredBy(
  step: StepEvaluation,
  { name, group }: Pick<MethodAnswers, 'name' | 'group'>,
): Answered[] {
  const answers = step.methods.find((other) => keyOf(other) === keyOf({ name, group }))?.answers ?? [];
  return answers.map(({ label }, index) => ({ label, truth: step.test.truths[index] as string }));
}

function keyOf({ name, group }: Pick<MethodAnswers, 'name' | 'group'>): string {
  return `${group}/${name}`;
}
