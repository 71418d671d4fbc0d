import type { KnowledgeStore } from 'lethe/internal/adapters/knowledgeStore.js';
import { createScreen } from 'lethe/internal/answering/screen.js';
import type { Answer } from 'lethe/internal/model/answer/answer.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import { relativeFilter } from 'lethe/internal/model/filter/relative.js';
import { thresholdFilter } from 'lethe/internal/model/filter/threshold.js';
import { classesAfter, type Protocol, type ProtocolStep } from '../protocol.js';
import type { MethodGroup } from '../results.js';
import { plainAnswers } from './distributions.js';
import { type ClassKnowledge, replayStep } from './knowledge.js';
import { answerUnder, type Setting } from './methods.js';
import { ofClasses, type TestSet } from './testSet.js';

/**
 * Least specificity of the threshold of Eq. 5, which is calibrated anew after every step (a favour: the paper keeps one).
 * It is the paper's own, so that the calibration is free to take the best threshold there is.
 */
const PAPER_SPECIFICITY = 0.709;

/** What is evaluated, and with what. Models are keyed by the name of the step after which they came. */
export interface Evaluation {
  readonly protocol: Protocol;
  readonly knowledge: ReadonlyMap<string, ClassKnowledge>;
  readonly test: TestSet;
  /** An empty store for the replay. */
  readonly store: KnowledgeStore;
  /** Models of the live run. */
  readonly live: ReadonlyMap<string, Classifier>;
  readonly cilOnly: ReadonlyMap<string, Classifier>;
  readonly retrain: ReadonlyMap<string, Classifier>;
  /** Further baselines by their names; each answers after the steps that it has a model of. */
  readonly others?: ReadonlyMap<string, ReadonlyMap<string, Classifier>>;
  readonly filter: { readonly k: number; readonly specificity: number; readonly heldOut: number };
  readonly seed: number;
}

/** A method's answers to the test set of one step. */
export interface MethodAnswers {
  readonly name: string;
  readonly group: MethodGroup;
  readonly answers: readonly Pick<Answer, 'label' | 'probabilities'>[];
  /** Whether the filter stopped each input; null where there is no filter. */
  readonly filtered: readonly boolean[] | null;
}

/** What every method answered after one step. */
export interface StepEvaluation {
  readonly step: ProtocolStep;
  readonly remaining: readonly string[];
  readonly unlearned: readonly string[];
  /** Test inputs of the remaining and the unlearned classes. */
  readonly test: TestSet;
  readonly methods: readonly MethodAnswers[];
}

/** Names of the baselines. */
export const BASELINES = {
  cilOnly: 'CIL only',
  retrain: 'Retrain',
  jointly: 'Retrain jointly',
  restore: 'Restore',
  analytic: 'Analytic',
  analyticRetrain: 'Analytic, retrained',
} as const;

/**
 * Replays the protocol step by step and has every method answer the test set after each: Lethe (relative filter, guard)
 * and the paper's setting (Eq. 5, no guard) with all of their strategies, and the baselines that have a model then.
 */
export async function evaluateProtocol(evaluation: Evaluation): Promise<StepEvaluation[]> {
  const { protocol, store, seed } = evaluation;
  const settings = settingsToCompare(evaluation);
  const steps: StepEvaluation[] = [];
  let live: Classifier | undefined;
  let cilOnly: Classifier | undefined;
  for (const [index, step] of protocol.entries()) {
    await replayStep(store, step, evaluation.knowledge);
    live = evaluation.live.get(step.name) ?? live;
    cilOnly = evaluation.cilOnly.get(step.name) ?? cilOnly;
    if (!live) throw new RangeError(`there is no model after ${step.name}`);
    const { remaining, unlearned } = classesAfter(protocol, index);
    const test = ofClasses(evaluation.test, [...remaining, ...unlearned]);
    const baselines = new Map<string, Classifier | undefined>([
      [BASELINES.cilOnly, cilOnly],
      [BASELINES.retrain, evaluation.retrain.get(step.name)],
    ]);
    for (const [name, models] of evaluation.others ?? []) baselines.set(name, models.get(step.name));
    steps.push({
      step,
      remaining,
      unlearned,
      test,
      methods: [
        ...(await protectedAnswers(settings, { store, classifier: live, seed }, test)),
        ...(await baselineAnswers(baselines, test)),
      ],
    });
  }
  return steps;
}

function settingsToCompare({ store, filter, seed }: Evaluation): Setting[] {
  const { heldOut } = filter;
  return [
    {
      name: 'lethe',
      screen: createScreen(store, {
        filter: relativeFilter(filter.k),
        specificity: filter.specificity,
        heldOut,
        seed,
      }),
      guard: true,
    },
    {
      name: 'paper',
      screen: createScreen(store, {
        filter: thresholdFilter(),
        specificity: PAPER_SPECIFICITY,
        heldOut,
        seed,
      }),
      guard: false,
    },
  ];
}

async function protectedAnswers(
  settings: readonly Setting[],
  system: { store: KnowledgeStore; classifier: Classifier; seed: number },
  test: TestSet,
): Promise<MethodAnswers[]> {
  const results = await answerUnder(settings, system, test);
  return results.flatMap(({ setting, filtered, answers }) =>
    [...answers].map(([name, given]) => ({ name, group: setting, answers: given, filtered })),
  );
}

async function baselineAnswers(
  models: ReadonlyMap<string, Classifier | undefined>,
  test: TestSet,
): Promise<MethodAnswers[]> {
  const answered: MethodAnswers[] = [];
  for (const [name, classifier] of models) {
    if (!classifier) continue;
    const answers = await plainAnswers(classifier, test);
    answered.push({ name, group: 'baseline', answers, filtered: null });
  }
  return answered;
}
