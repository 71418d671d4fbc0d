import { describe, expect, it } from 'vitest';
import type { ClassState } from '../../../src/domain/classes.js';
import { evaluate, type Judged } from '../../../src/verification/evaluation.js';
import { evaluationLines, evaluationTables } from '../../../src/verification/evaluationReport.js';

const answered = (truth: string, label: string | null, probability = 0.9): Judged => ({
  truth,
  prediction: {
    label,
    probabilities: label === null ? [] : [{ label, probability }],
    route: label === null ? 'unknown' : 'model',
  },
});
const states = new Map<string, ClassState>([
  ['cat', 'learned'],
  ['dog', 'learned'],
  ['frog', 'erased'],
  ['owl', 'rebuilt'],
  ['bee', 'learning'],
]);

describe('an evaluation', () => {
  it('divides the inputs by what became of their classes', () => {
    const judged = [
      answered('cat', 'cat'),
      answered('cat', 'dog'),
      answered('dog', 'dog'),
      answered('frog', 'cat'),
      answered('owl', 'owl'),
      answered('bee', 'bee'),
      answered('never heard of', null),
    ];
    const { remaining, unlearned, unanswered, inputs } = evaluate(judged, states);
    expect({ remaining, unlearned, unanswered, inputs }).toEqual({
      inputs: 7,
      remaining: { part: 2, of: 3 },
      unlearned: { part: 1, of: 2 },
      unanswered: { part: 1, of: 7 },
    });
  });

  it('counts what a class was taken for, the most frequent first, and what was taken for it', () => {
    const judged = [
      ...[answered('cat', 'cat'), answered('cat', 'frog'), answered('cat', null), answered('cat', null)],
      ...[answered('dog', 'cat'), answered('frog', 'cat')],
    ];
    expect(evaluate(judged, states).classes[0]).toEqual({
      name: 'cat',
      state: 'learned',
      recall: { part: 1, of: 4 },
      precision: { part: 1, of: 3 },
      mistakes: [
        { label: null, inputs: 2 },
        { label: 'frog', inputs: 1 },
      ],
    });
    expect(evaluate([answered('new', 'cat')], states).classes[0]?.state).toBeNull();
  });

  it('has the calibration error of Guo et al.: differences of the bins, weighted by their answers', () => {
    const judged = [
      // [14/15, 1]: mean 0.975, 3 of 4 right.
      ...[0.96, 0.97, 0.97, 1].map((each, index) => answered('cat', index === 0 ? 'dog' : 'cat', each)),
      // [9/15, 10/15]: mean 0.625, 1 of 2 right.
      ...[answered('dog', 'dog', 0.6), answered('dog', 'cat', 0.65)],
      // Count for nothing: of a forgotten class, and not of the model.
      answered('frog', 'cat', 0.1),
      {
        ...answered('cat', 'cat', 0.1),
        prediction: { ...answered('cat', 'cat', 0.1).prediction, route: 'strategy:masked' },
      },
    ] satisfies Judged[];
    const { calibration } = evaluate(judged, states);
    expect(calibration?.error).toBeCloseTo((4 * (0.975 - 0.75) + 2 * (0.625 - 0.5)) / 6, 12);
    expect(calibration?.bins.map(({ from, answers }) => [from * 15, answers])).toEqual([
      [9, 2],
      [14, 4],
    ]);
    expect(evaluate([answered('frog', 'cat')], states).calibration).toBeNull();
  });

  it('is told in lines and tables, also where there is nothing of a kind', () => {
    const evaluation = evaluate([answered('cat', 'cat'), answered('cat', null)], states);
    expect(evaluationLines(evaluation, { models: ['m1', 'm2'], registryVersions: [7] })).toEqual([
      '2 inputs, 1 answered with no class (model m1, m2, registry 7)',
      'A_r 50.0 % of 2 inputs of learned classes',
      'A_u - of 0 inputs of forgotten classes',
      'calibration error 10.0 %',
    ]);
    expect(evaluationTables(evaluation).map(({ rows }) => rows)).toEqual([
      [['cat', 'learned', '2', '50.0 %', '100.0 %', 'none 1']],
      [['87-93 %', '1', '90.0 %', '100.0 %']],
    ]);
  });
});
