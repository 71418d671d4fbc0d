import { describe, expect, it } from 'vitest';
import { createClassifier } from '../../../../src/model/ssre/classifier.js';
import type { SsreState } from '../../../../src/model/ssre/network.js';
import type { OptimiserState } from '../../../../src/model/ssre/optimise.js';
import { trainTask } from '../../../../src/model/ssre/trainTask.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import type { Rehearsal, TrainingTask } from '../../../../src/model/trainer.js';
import { clusters, DIMENSION, largestDifference, smallConfig } from './support.js';

const { tf } = await loadTensorflow('cpu');
const EACH = 40;
const config = smallConfig({
  rehearsal: {
    epochs: 8,
    batchSize: 32,
    learningRate: 5e-3,
    decayEvery: 6,
    weightDecay: 5e-4,
    perClass: 30,
    rank: 3,
  },
});
const first = clusters([0, 1, 2], EACH);
const before = await trainTask(tf, null, first, config, () => {});

/** Vectors of some classes of the first task. */
function known(...names: string[]): Rehearsal {
  const rows = [...first.labels.keys()].filter((row) =>
    names.includes(first.classes[first.labels[row] as number] as string),
  );
  const vectors = new Float32Array(rows.length * DIMENSION);
  rows.forEach((row, at) => {
    vectors.set(first.vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION), at * DIMENSION);
  });
  const labels = Int32Array.from(rows, (row) => names.indexOf(String(first.labels[row])));
  return { classes: names, vectors, labels };
}

const second: TrainingTask = { ...clusters([3], EACH), rehearsal: known('0', '1', '2') };
const withoutOne: TrainingTask = { ...clusters([3], EACH), unlearned: ['1'], rehearsal: known('0', '2') };

async function logitsOf(state: SsreState, vectors: Float32Array): Promise<Float32Array> {
  const classifier = createClassifier(tf, state, { version: 'v', backend: 'cpu', temperature: 1 });
  const logits = await classifier.logits(vectors);
  classifier.dispose();
  return logits;
}

describe('a rehearsal with vectors of the classes known before', () => {
  it('changes nothing but by learning: with a learning rate of next to nothing the network stays', async () => {
    const still = { ...config, rehearsal: { ...config.rehearsal, learningRate: 1e-12 } };
    const { rehearsal: _, ...alone } = second;
    const learned = await trainTask(tf, before, alone, config, () => {});
    const rehearsed = await trainTask(tf, before, second, still, () => {});
    const [a, b] = [await logitsOf(learned, first.vectors), await logitsOf(rehearsed, first.vectors)];
    expect(largestDifference(a, b)).toBeLessThan(1e-5);
  });

  it('fuses its branches, that of the stem too: the state has the old sizes and other weights', async () => {
    const after = await trainTask(tf, before, second, config, () => {});
    expect(after.trunk.stem.weights).toHaveLength(before.trunk.stem.weights.length);
    expect(after.trunk.stem.weights).not.toEqual(before.trunk.stem.weights);
    expect(after.classes).toEqual(['0', '1', '2', '3']);
    expect(after.prototypes[0]).not.toEqual(before.prototypes[0]);
    const logits = await logitsOf(after, first.vectors);
    const right = first.labels.filter((label, row) => {
      const answer = logits.subarray(row * 4, (row + 1) * 4);
      return answer.indexOf(Math.max(...answer)) === label;
    });
    expect(right.length / first.labels.length).toBeGreaterThan(0.95);
  });

  it('neither reads nor changes what an unlearned class left behind', async () => {
    const poisoned = structuredClone(before);
    poisoned.prototypes[1]?.mean.fill(Number.NaN);
    poisoned.prototypes[1]?.spread.fill(Number.NaN);
    poisoned.head.rows.fill(Number.NaN, 16, 32);
    poisoned.head.bias.fill(Number.NaN, 1, 2);
    const clean = await trainTask(tf, before, withoutOne, config, () => {});
    const other = await trainTask(tf, poisoned, withoutOne, config, () => {});
    expect(other.trunk).toEqual(clean.trunk);
    expect(other.head.rows.subarray(32)).toEqual(clean.head.rows.subarray(32));
    expect(clean.head.rows.subarray(16, 32)).toEqual(before.head.rows.subarray(16, 32));
    expect(clean.prototypes[1]).toEqual(before.prototypes[1]);
  });

  it('that breaks off is gone on from to the very same numbers', async () => {
    const whole = await trainTask(tf, before, second, config, () => {});
    let saved: OptimiserState | undefined;
    const broken = trainTask(tf, before, second, config, ({ epoch, state }) => {
      if (epoch < config.incremental.epochs + 3) return;
      saved = structuredClone(state);
      throw new Error('killed');
    });
    await expect(broken).rejects.toThrow('killed');
    const epochs: number[] = [];
    const resumed = await trainTask(
      tf,
      before,
      second,
      config,
      ({ epoch }) => void epochs.push(epoch),
      saved,
    );
    expect(resumed).toEqual(whole);
    expect(epochs).toEqual([7, 8, 9, 10, 11, 12, 13, 14]);
  });

  it('leaks no tensors', async () => {
    const { numTensors } = tf.memory();
    await trainTask(tf, before, second, config, () => {});
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
