import { type SeedResult, TIMED } from '../../../src/table1/seedResult.js';

type Method = SeedResult['methods'][number];

/** A method's figures at the two steps of {@link seedResult}, of which only the second unlearned something. */
export function method(
  group: Method['group'],
  name: string,
  remaining: number,
  unlearned: number,
  divergence: number,
): Method {
  return {
    name,
    group,
    remaining: [0.9, remaining],
    unlearned: [null, unlearned],
    divergence: [null, divergence],
    filter: [null, null],
  };
}

/** A seed's result with round figures: one task, one unlearning; `lethe` and `forgetting` as given. */
export function seedResult(seed: number, lethe: number, forgetting: number): SeedResult {
  const quality = { examplesPerRequest: 5, requests: 50, refused: 2, precision: 1, recall: 0.96 };
  return {
    settingsHash: 'h',
    seed,
    startedAt: '2026-01-01T00:00:00.000Z',
    seconds: 1,
    backend: 'cpu',
    steps: [
      { name: 'initial', kind: 'learn', classes: ['a', 'b', 'c'] },
      { name: 'MU-1', kind: 'unlearn', classes: ['a'] },
    ],
    methods: [
      method('lethe', 'masked', lethe, 0, 0.13),
      method('paper', 'nearest', 0.93, 0.06, 0.18),
      method('paper', 'uniform', 0.85, 0.06, 0.4),
      method('baseline', TIMED.retrain, 0.96, 0, 0),
      method('baseline', TIMED.jointly, 0.97, 0, 0),
      method('baseline', TIMED.analytic, 0.94, 0, 0),
      method('baseline', TIMED.analyticRetrain, 0.94, 0, 0),
    ],
    times: [
      { name: TIMED.lethe, seconds: [30, 0.001] },
      { name: TIMED.retrain, seconds: [null, 25] },
      { name: TIMED.restore, seconds: [null, 20] },
    ],
    requests: [
      {
        step: 'MU-1',
        classes: ['a'],
        vectors: 100,
        secondsByName: 0.001,
        secondsByImages: 0.05,
        byExamples: quality,
        byOneExample: { ...quality, examplesPerRequest: 1, precision: 0.9, recall: 0.9, refused: 0 },
      },
    ],
    learning: [{ name: TIMED.lethe, averageIncremental: 0.94, forgetting, backwardTransfer: -0.01 }],
    imagesPerSecond: 10,
    remainingVectors: [300, 200],
  };
}
