import type { DemoResults, MethodOutcome } from '../../src/results.js';

const FILTER = { recall: 0.96, specificity: 0.98 };
const method = (
  name: string,
  group: MethodOutcome['group'],
  remaining: (number | null)[],
  unlearned: (number | null)[],
): MethodOutcome => ({
  name,
  group,
  remaining,
  unlearned,
  divergence: unlearned.map((value) => (value === null ? null : 0.21)),
  filter: unlearned.map((value) => (group === 'baseline' || value === null ? null : FILTER)),
});
const summary = (p50: number, p99: number) => ({ count: 120, p50, p99 });

/** Results of a demo that never ran, for tests of what shows them. */
export const demoResults: DemoResults = {
  facts: {
    startedAt: '2026-01-02T03:04:05.000Z',
    seconds: 71,
    seed: 1,
    dataset: 'CIFAR-10 subset, 200 + 50 images a class',
    embedder: 'efficientnet-lite0',
    backend: 'tensorflow',
    filter: 'relative, calibrated for specificity 0.975',
    lethe: '0.1.0',
    node: '20.20.0',
    platform: 'linux x64',
    cpu: '2 x <some> CPU',
    memoryGiB: 24,
  },
  steps: [
    {
      name: 'initial',
      kind: 'learn',
      classes: ['cat', 'dog', 'ship', 'frog', 'bird'],
      seconds: 14.2,
      embeddingSeconds: 8.1,
      trainingSeconds: 6.1,
    },
    {
      name: 'MU-1',
      kind: 'unlearn',
      classes: ['cat'],
      seconds: 0.0041,
      embeddingSeconds: null,
      trainingSeconds: null,
    },
    {
      name: 'CIL-1',
      kind: 'learn',
      classes: ['truck'],
      seconds: 4,
      embeddingSeconds: 2,
      trainingSeconds: 2,
    },
    {
      name: 'MU-2',
      kind: 'unlearn',
      classes: ['dog'],
      seconds: 0.012,
      embeddingSeconds: null,
      trainingSeconds: null,
    },
    {
      name: 'CIL-2',
      kind: 'learn',
      classes: ['deer'],
      seconds: 5,
      embeddingSeconds: 2,
      trainingSeconds: 2,
    },
  ],
  methods: [
    method('masked', 'lethe', [0.94, 0.946, 0.91, 0.935, 0.9], [null, 0, 0, 0, 0]),
    method('nearest', 'lethe', [0.94, 0.944, 0.9, 0.93, 0.89], [null, 0, 0, 0, 0]),
    method('inverse', 'lethe', [0.94, 0.94, 0.89, 0.925, 0.885], [null, 0, 0, 0, 0]),
    method('proportional', 'lethe', [0.94, 0.94, 0.89, 0.925, 0.885], [null, 0, 0, 0, 0]),
    method('uniform', 'lethe', [0.94, 0.94, 0.89, 0.925, 0.885], [null, 0, 0, 0, 0]),
    method('nearest', 'paper', [0.94, 0.91, 0.85, 0.86, 0.8], [null, 0.27, 0.22, 0.33, 0.27]),
    method('CIL only, remaining classes', 'baseline', [0.94, 0.94, 0.9, 0.93, 0.89], Array(5).fill(null)),
    method('Retrain', 'baseline', [null, 0.95, 0.91, 0.94, 0.9], [null, 0, 0, 0, 0]),
  ],
  unlearning: [
    { step: 'MU-1', vectors: 200, seconds: 0.0041, retrainSeconds: 5.2 },
    { step: 'MU-2', vectors: 200, seconds: 0.012, retrainSeconds: 4.9 },
  ],
  learning: [
    { name: 'Lethe', averageIncremental: 0.912, forgetting: 0.021, backwardTransfer: -0.018 },
    { name: 'CIL only', averageIncremental: 0.905, forgetting: null, backwardTransfer: null },
  ],
  live: {
    queries: 245,
    answered: 244,
    namedAfterUnlearning: 0,
    remaining: 0.91,
    unlearned: 0,
    idle: summary(18.4, 31),
    whileEmbedding: summary(25, 60),
    whileTraining: summary(22, 48),
  },
};
