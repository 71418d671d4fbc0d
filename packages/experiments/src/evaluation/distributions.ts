import type { Answer } from 'lethe/internal/model/answer/answer.js';
import { maskedSoftmax } from 'lethe/internal/model/answer/softmax.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import { jensenShannon } from 'lethe/internal/verification/divergence.js';
import { mean } from 'lethe/internal/verification/mean.js';
import { inputsFor, type TestSet } from './testSet.js';

/** Answers of a plain model: its probabilities for every class, best first. */
export async function plainAnswers(
  classifier: Classifier,
  test: TestSet,
): Promise<Pick<Answer, 'label' | 'probabilities'>[]> {
  const { classes } = classifier;
  const logits = await classifier.logits(inputsFor(classifier, test));
  const all = [...classes.keys()];
  return test.vectors.map((_, index) => {
    const row = logits.subarray(index * classes.length, (index + 1) * classes.length);
    const probabilities = maskedSoftmax(row, all, classifier.temperatureFactor ?? 1)
      .map((probability, column) => ({ label: classes[column] as string, probability }))
      .sort((a, b) => b.probability - a.probability);
    return { label: probabilities[0]?.label ?? '', probabilities };
  });
}

/**
 * Mean Jensen-Shannon divergence of two systems' answers to the same inputs, in bits; a class that one of them does not
 * list has probability 0 there. Null without inputs.
 */
export function meanDivergence(
  answers: readonly Pick<Answer, 'probabilities'>[],
  reference: readonly Pick<Answer, 'probabilities'>[],
): number | null {
  if (answers.length === 0) return null;
  return mean(
    answers.map(({ probabilities }, index) => {
      const others = reference[index]?.probabilities ?? [];
      const labels = [...new Set([...probabilities, ...others].map(({ label }) => label))];
      return jensenShannon(along(labels, probabilities), along(labels, others));
    }),
  );
}

function along(labels: readonly string[], probabilities: Answer['probabilities']): number[] {
  const byLabel = new Map(probabilities.map(({ label, probability }) => [label, probability]));
  return labels.map((label) => byLabel.get(label) ?? 0);
}
