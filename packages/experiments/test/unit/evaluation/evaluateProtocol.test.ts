import { createMemoryStore } from 'lethe/internal/adapters/memory/store/createMemoryStore.js';
import { createScreen } from 'lethe/internal/answering/screen.js';
import { loadConfig } from 'lethe/internal/app/config/loadConfig.js';
import { STRATEGY_NAMES } from 'lethe/internal/domain/messages/prediction.js';
import { dot, normalised, rowOf } from 'lethe/internal/domain/vector.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import { relativeFilter } from 'lethe/internal/model/filter/relative.js';
import { thresholdFilter } from 'lethe/internal/model/filter/threshold.js';
import { normals, randomOf } from 'lethe/internal/model/ssre/random.js';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Evaluation,
  evaluateProtocol,
  type StepEvaluation,
} from '../../../src/evaluation/evaluateProtocol.js';
import { type ClassKnowledge, replayStep } from '../../../src/evaluation/knowledge.js';
import { learningOutcome, methodOutcomes } from '../../../src/evaluation/outcomes.js';
import type { TestSet } from '../../../src/evaluation/testSet.js';
import type { Protocol } from '../../../src/protocol.js';
import { HEADLINES } from '../../../src/results.js';

const DIMENSION = 16;
const CLASSES = ['cat', 'dog', 'ship', 'frog'];
const protocol: Protocol = [
  { kind: 'learn', name: 'initial', classes: ['cat', 'dog', 'ship'] },
  { kind: 'unlearn', name: 'MU-1', classes: ['cat'] },
  { kind: 'learn', name: 'CIL-1', classes: ['frog'] },
];

const axis = (name: string): Float32Array => {
  const vector = new Float32Array(DIMENSION);
  vector[CLASSES.indexOf(name)] = 1;
  return vector;
};

/** Vectors around the class's axis; `spread` 0.2 keeps the classes well apart. */
function around(name: string, count: number, seed: number, spread = 0.2): Float32Array[] {
  const random = randomOf(seed, CLASSES.indexOf(name));
  return Array.from({ length: count }, () => {
    const noise = normals(DIMENSION, spread, random);
    return normalised(axis(name).map((component, index) => component + (noise[index] as number)));
  });
}

/** A classifier that knows the classes' axes: the logit is a multiple of the similarity. */
function knowing(...classes: string[]): Classifier {
  return {
    version: classes.join('+'),
    classes,
    dimension: DIMENSION,
    backend: 'none',
    async logits(vectors) {
      const n = vectors.length / DIMENSION;
      return Float32Array.from({ length: n * classes.length }, (_, at) => {
        const vector = rowOf(vectors, Math.floor(at / classes.length), DIMENSION);
        return 20 * dot(vector, axis(classes[at % classes.length] as string));
      });
    },
    dispose: () => undefined,
  };
}

const knowledgeOf = (spread?: number): Map<string, ClassKnowledge> =>
  new Map(
    CLASSES.map((name) => [
      name,
      {
        record: { name, state: 'learned', task: 't', count: 40, centroid: axis(name) },
        vectors: around(name, 40, 1, spread).map((vector, index) => ({
          id: `${name}-${index}`,
          className: name,
          task: 't',
          vector,
        })),
      },
    ]),
  );
const testOf = (spread?: number): TestSet => {
  const tests = CLASSES.flatMap((name) => around(name, 25, 2, spread).map((vector) => ({ name, vector })));
  return {
    ids: tests.map((_, index) => `test-${index}`),
    vectors: tests.map(({ vector }) => vector),
    truths: tests.map(({ name }) => name),
  };
};

/** Everything but a store: classes well apart, or overlapping with a larger spread. */
const evaluation = (spread?: number): Omit<Evaluation, 'store'> => ({
  protocol,
  knowledge: knowledgeOf(spread),
  test: testOf(spread),
  live: new Map([
    ['initial', knowing('cat', 'dog', 'ship')],
    ['CIL-1', knowing('cat', 'dog', 'ship', 'frog')],
  ]),
  cilOnly: new Map([['initial', knowing('cat', 'dog', 'ship')]]),
  retrain: new Map([['MU-1', knowing('dog', 'ship')]]),
  filter: { k: 5, specificity: 0.95, heldOut: 60 },
  seed: 3,
});

describe('evaluateProtocol', () => {
  let steps: StepEvaluation[];

  beforeAll(async () => {
    steps = await evaluateProtocol({ ...evaluation(), store: createMemoryStore({ dimension: DIMENSION }) });
  });

  const outcome = (group: string, name: string) =>
    methodOutcomes(steps).find((method) => method.group === group && method.name === name);

  it('tests after each step what is remaining and what is unlearned by then', () => {
    expect(steps.map(({ test }) => test.truths.length)).toEqual([75, 75, 100]);
    expect(steps.map(({ unlearned }) => unlearned)).toEqual([[], ['cat'], ['cat']]);
  });

  it('answers with the strategies of both settings, and with the baselines that have a model', () => {
    expect(steps.map(({ methods }) => methods.length)).toEqual([10, 11, 10]);
  });

  it('never names an unlearned class under the guard', () => {
    for (const name of STRATEGY_NAMES) expect(outcome('lethe', name)?.unlearned).toEqual([null, 0, 0]);
  });

  it.each(['masked', 'nearest'])('keeps the accuracy on remaining classes with the strategy %s', (name) => {
    for (const value of outcome('lethe', name)?.remaining ?? []) expect(value).toBeGreaterThan(0.95);
  });

  it("names Lethe's default strategy as the one that stands for it", () => {
    expect(loadConfig({ variables: {}, overrides: {} }).config.inference.strategy).toBe(HEADLINES.lethe);
  });

  it('measures the filter where something is unlearned', () => {
    const filter = outcome('lethe', 'nearest')?.filter;
    expect(filter?.[0]).toBeNull();
    expect(filter?.[1]?.recall).toBeGreaterThan(0.9);
    expect(filter?.[1]?.specificity).toBeGreaterThan(0.8);
  });

  it('compares answers to unlearned inputs with those of Retrain, where there is one', () => {
    const divergence = outcome('lethe', 'nearest')?.divergence;
    expect(divergence?.[0]).toBeNull();
    expect(divergence?.[1]).toBeGreaterThan(0);
    expect(divergence?.[1]).toBeLessThanOrEqual(1);
    expect(outcome('baseline', 'Retrain')?.divergence[1]).toBe(0);
  });

  it('leaves a baseline without a figure where it has no model', () => {
    expect(outcome('baseline', 'Retrain')?.remaining[0]).toBeNull();
  });

  it('does not count the deletion of a class as forgetting', () => {
    const learned = learningOutcome(steps, { name: 'masked', group: 'lethe' }, 'Lethe');
    expect(learned.name).toBe('Lethe');
    expect(learned.forgetting).toBeLessThan(0.05);
    expect(learned.averageIncremental).toBeGreaterThan(0.95);
  });
});

describe('each filter', () => {
  it.each([
    { group: 'lethe', filter: relativeFilter(5), specificity: 0.95 },
    { group: 'paper', filter: thresholdFilter(), specificity: 0.709 },
  ])('decides at the level that it was calibrated to: $group', async ({ group, ...options }) => {
    const store = createMemoryStore({ dimension: DIMENSION });
    const overlapping = evaluation(0.5);
    const steps = await evaluateProtocol({
      ...overlapping,
      store: createMemoryStore({ dimension: DIMENSION }),
    });
    const screen = createScreen(store, { ...options, heldOut: 60, seed: 3 });
    const asCreated = createScreen(store, { ...options, specificity: null, heldOut: 60, seed: 3 });
    for (const [index, step] of protocol.entries()) {
      await replayStep(store, step, overlapping.knowledge);
      await screen.calibrate();
      const { methods, test } = steps[index] as StepEvaluation;
      const decided = async (by: typeof screen) =>
        (await by.assess(test.vectors)).map(({ filtered }) => filtered);
      const filtered = methods.find((method) => method.group === group)?.filtered;
      expect(filtered).toEqual(await decided(screen));
      if (index > 0) expect(filtered).not.toEqual(await decided(asCreated));
    }
  });
});
