import type { KnowledgeStore } from 'lethe/internal/adapters/knowledgeStore.js';
import type { Screen } from 'lethe/internal/answering/screen.js';
import {
  PAPER_STRATEGIES,
  STRATEGY_NAMES,
  type StrategyName,
} from 'lethe/internal/domain/messages/prediction.js';
import { type Answer, type Assessment, answerTo } from 'lethe/internal/model/answer/answer.js';
import { uniformFor } from 'lethe/internal/model/answer/draw.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import type { MethodGroup } from '../results.js';
import { inputsFor, type TestSet } from './testSet.js';

/** The two ways in which a learned model is protected: Lethe's, and the paper's. */
export type SettingName = Exclude<MethodGroup, 'baseline'>;

/** A filter, and whether the guard is on. */
export interface Setting {
  readonly name: SettingName;
  readonly screen: Screen;
  readonly guard: boolean;
}

/** What one setting made of the test set. */
export interface SettingAnswers {
  readonly setting: SettingName;
  /** Whether the filter stopped each input. */
  readonly filtered: readonly boolean[];
  /**
   * One answer for each input, by the setting's strategies, its best first; the probabilities are of all classes that
   * could be answered.
   */
  readonly answers: ReadonlyMap<StrategyName, readonly Answer[]>;
}

/** The strategies that each setting answers with: the paper knows four. */
export const STRATEGIES_OF: Readonly<Record<SettingName, readonly StrategyName[]>> = {
  lethe: STRATEGY_NAMES.toReversed(),
  paper: PAPER_STRATEGIES.toReversed(),
};

/**
 * Calibrates each setting's filter and answers the test set under it with each strategy, by the functions that live
 * inference uses. One setting after the other: the registry keeps the level of one filter, as a live system has one.
 * @param seed of the draws of the random strategies
 */
export async function answerUnder(
  settings: readonly Setting[],
  { store, classifier, seed }: { store: KnowledgeStore; classifier: Classifier; seed: number },
  test: TestSet,
): Promise<SettingAnswers[]> {
  const logits = await classifier.logits(inputsFor(classifier, test));
  const width = classifier.classes.length;
  const answered: SettingAnswers[] = [];
  for (const { name, screen, guard } of settings) {
    await screen.calibrate();
    const assessments = await screen.assess(test.vectors);
    const registry = store.registry.snapshot();
    const answersBy = (strategy: StrategyName): Answer[] =>
      test.vectors.map((vector, index) =>
        answerTo(
          {
            vector,
            logits: logits.subarray(index * width, (index + 1) * width),
            modelClasses: classifier.classes,
            temperatureFactor: classifier.temperatureFactor,
            assessment: assessments[index] as Assessment,
            random: uniformFor(seed, test.ids[index] as string),
          },
          registry,
          { strategy, guard, topK: registry.classes.size },
        ),
      );
    answered.push({
      setting: name,
      filtered: assessments.map(({ filtered }) => filtered),
      answers: new Map(STRATEGIES_OF[name].map((strategy) => [strategy, answersBy(strategy)])),
    });
  }
  return answered;
}
