import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../../src/model/ssre/classifier.js';
import type { SsreConfig } from '../../../../src/model/ssre/config.js';
import type { SsreState } from '../../../../src/model/ssre/network.js';
import { randomOf } from '../../../../src/model/ssre/random.js';
import { trainTask } from '../../../../src/model/ssre/trainTask.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import type { TrainingTask } from '../../../../src/model/trainer.js';
import { clusters, DIMENSION, numbersOf, rotated, rotationOf, smallConfig } from './support.js';

const { tf } = await loadTensorflow('cpu');
const EACH = 40;

async function trained(
  tasks: readonly TrainingTask[],
  config: SsreConfig = smallConfig(),
): Promise<SsreState> {
  let state: SsreState | null = null;
  for (const task of tasks) state = await trainTask(tf, state, task, config, () => {});
  if (state === null) throw new Error('no task');
  return state;
}

/** Share of the vectors of `task` answered with their class. */
async function accuracy(state: SsreState, task: TrainingTask): Promise<number> {
  const identity = { version: 'v', backend: 'cpu', temperature: 0.1 };
  const classifier = createClassifier(tf, state, identity);
  const logits = await classifier.logits(task.vectors);
  classifier.dispose();
  const columns = state.classes.length;
  const right = task.labels.filter((label, row) => {
    const answer = logits.subarray(row * columns, (row + 1) * columns);
    return state.classes[answer.indexOf(Math.max(...answer))] === task.classes[label];
  });
  return right.length / task.labels.length;
}

const first = clusters([0, 1, 2], EACH);
const second = clusters([3], EACH);
const third = clusters([4], EACH);

describe('a sequence of tasks', () => {
  it('is learned with neither the old nor the new classes lost', async () => {
    const longer = { ...smallConfig().incremental, epochs: 20, decayEvery: 14 };
    const state = await trained([first, second, third], smallConfig({ incremental: longer }));
    expect(state.classes).toEqual(['0', '1', '2', '3', '4']);
    expect(await accuracy(state, first)).toBeGreaterThan(0.85);
    expect(await accuracy(state, second)).toBeGreaterThan(0.85);
    expect(await accuracy(state, third)).toBeGreaterThan(0.85);
  });

  it('is learned alike where the vectors are turned', async () => {
    const turns = rotationOf(DIMENSION, randomOf(11));
    const longer = { ...smallConfig().initial, epochs: 20, decayEvery: 14 };
    const turned = { ...first, vectors: rotated(first.vectors, turns) };
    for (const task of [first, turned])
      expect(await accuracy(await trained([task], smallConfig({ initial: longer })), task)).toBeGreaterThan(
        0.95,
      );
  });

  it('gives the same weights for the same seed, and others for another', async () => {
    const [once, again, other] = [
      await trained([first, second]),
      await trained([first, second]),
      await trained([first, second], smallConfig({ seed: 7 })),
    ];
    expect(numbersOf(once)).toEqual(numbersOf(again));
    expect(other.head.rows).not.toEqual(once.head.rows);
  });

  it('works in SSRE as published: no noise, cosines of the features themselves', async () => {
    const state = await trained([first, second], smallConfig({ replayNoise: 'none', similarity: 'raw' }));
    expect(await accuracy(state, first)).toBeGreaterThan(0.7);
    expect(await accuracy(state, second)).toBeGreaterThan(0.7);
  });

  it('keeps stem, sizes and old prototypes, and changes nothing in the state before', async () => {
    const before = await trained([first]);
    const copy = structuredClone(before);
    const after = await trainTask(tf, before, second, smallConfig(), () => {});
    expect(before).toEqual(copy);
    expect(after.trunk.stem).toBe(before.trunk.stem);
    expect(after.prototypes.slice(0, 3)).toEqual(before.prototypes);
    expect(after.trunk.blocks[0]?.first.weights).not.toEqual(before.trunk.blocks[0]?.first.weights);
    expect(after.trunk.blocks[0]?.first.bias).toEqual(before.trunk.blocks[0]?.first.bias);
    expect(after.head.rows.length).toBe(4 * 16);
  });

  it('leaks no tensors', async () => {
    await trained([first, second]);
    const { numTensors } = tf.memory();
    await trained([first, second]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  it('reports every epoch', async () => {
    const epochs: number[] = [];
    await trainTask(tf, null, first, smallConfig(), ({ epoch, loss }) => {
      epochs.push(epoch);
      expect(loss).toBeGreaterThan(0);
    });
    expect(epochs).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('refuses vectors that are not finite', async () => {
    const vectors = first.vectors.slice();
    vectors[DIMENSION + 3] = Number.NaN;
    await expect(trained([{ ...first, vectors }])).rejects.toMatchObject({
      code: 'invalid-vector',
      field: 'vectors.1',
    });
  });

  it('fails with a typed error where the loss is not finite', async () => {
    const schedule = { epochs: 3, batchSize: 32, learningRate: 1e30, decayEvery: 4, weightDecay: 1 };
    await expect(trained([first], smallConfig({ initial: schedule }))).rejects.toMatchObject({
      code: 'training-failed',
    });
  });
});

describe('an unlearned class', () => {
  const unlearning = { ...second, unlearned: ['1'] };

  it('has no influence on a later task: neither its prototype nor its row of the classifier', async () => {
    const before = await trained([first]);
    const poisoned = structuredClone(before);
    poisoned.prototypes[1]?.mean.fill(Number.NaN);
    poisoned.prototypes[1]?.spread.fill(Number.NaN);
    poisoned.head.rows.fill(Number.NaN, 16, 32);
    poisoned.head.bias.fill(Number.NaN, 1, 2);
    const clean = await trainTask(tf, before, unlearning, smallConfig(), () => {});
    const other = await trainTask(tf, poisoned, unlearning, smallConfig(), () => {});
    expect(other.trunk).toEqual(clean.trunk);
    expect(other.head.rows.subarray(32)).toEqual(clean.head.rows.subarray(32));
    expect(other.prototypes[3]).toEqual(clean.prototypes[3]);
  });

  it('keeps its row of the classifier as it was, while the others learn', async () => {
    const before = await trained([first]);
    const after = await trainTask(tf, before, unlearning, smallConfig(), () => {});
    expect(after.classes).toEqual(['0', '1', '2', '3']);
    expect(after.head.rows.subarray(16, 32)).toEqual(before.head.rows.subarray(16, 32));
    expect(after.head.bias[1]).toBe(before.head.bias[1]);
    expect(after.head.rows.subarray(0, 16)).not.toEqual(before.head.rows.subarray(0, 16));
  });

  it('does not stop a later task where all old classes are unlearned', async () => {
    const state = await trained([first, { ...clusters([3, 4], EACH), unlearned: ['0', '1', '2'] }]);
    expect(state.classes).toHaveLength(5);
    expect(numbersOf(state).every((values) => values.every(Number.isFinite))).toBe(true);
  });
});

describe('a classifier', () => {
  it('answers alike one by one and in batches, and refuses other dimensions', async () => {
    const classifier = createClassifier(tf, await trained([first]), {
      version: 'v0001-test',
      backend: 'cpu',
      temperature: 0.1,
    });
    const all = await classifier.logits(first.vectors);
    const one = await classifier.logits(first.vectors.subarray(0, DIMENSION));
    expect([...one].map((logit) => logit.toFixed(3))).toEqual(
      [...all.subarray(0, 3)].map((logit) => logit.toFixed(3)),
    );
    expect(await classifier.logits(new Float32Array(0))).toHaveLength(0);
    await expect(classifier.logits(new Float32Array(5))).rejects.toMatchObject({ code: 'wrong-dimension' });
    classifier.dispose();
    classifier.dispose();
    await expect(classifier.logits(first.vectors)).rejects.toMatchObject({ code: 'internal' });
  });
});
