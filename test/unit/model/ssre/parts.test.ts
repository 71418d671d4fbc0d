import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adamStep, initialMoments } from '../../../../src/model/ssre/adam.js';
import { featuresOf, stemOutputs } from '../../../../src/model/ssre/features.js';
import { fusedTrunk } from '../../../../src/model/ssre/fusion.js';
import { blockLayers } from '../../../../src/model/ssre/network.js';
import { prototypesOf } from '../../../../src/model/ssre/prototypes.js';
import { normals, permutation, randomOf } from '../../../../src/model/ssre/random.js';
import { drawReplay } from '../../../../src/model/ssre/replay.js';
import { learningRateAt } from '../../../../src/model/ssre/schedule.js';
import { expandedBlock, zeroBranch } from '../../../../src/model/ssre/sideBranch.js';
import { foldedInto, standardisationOf, standardised } from '../../../../src/model/ssre/standardise.js';
import { initialTrunk, toTensors } from '../../../../src/model/ssre/trunk.js';
import { computed } from '../../../../src/model/tensorflow/computed.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import { largestDifference, rotated, rotationOf } from './support.js';

const { tf } = await loadTensorflow('cpu');
const WIDTH = 24;

/** A trunk with random second layers, so that its blocks do something. */
function trunkOfTwo() {
  const trunk = initialTrunk(10, WIDTH, 2, randomOf(1));
  blockLayers(trunk).forEach((layer, index) => {
    layer.weights.set(normals(layer.weights.length, 0.2, randomOf(2, index)));
    layer.bias.set(normals(layer.bias.length, 0.2, randomOf(3, index)));
  });
  return trunk;
}

describe('fusion', () => {
  it('computes what the expanded network did, to 1e-5', () => {
    const trunk = trunkOfTwo();
    const branches = blockLayers(trunk).map((layer, index) => {
      const branch = zeroBranch(layer, 3, randomOf(4, index));
      branch.up.set(normals(branch.up.length, 0.2, randomOf(5, index)));
      return branch;
    });
    const input = normals(40 * WIDTH, 0.5, randomOf(6)).map(Math.abs);
    const layers = blockLayers(trunk).map((layer, index) => ({
      frozen: toTensors(tf, layer),
      down: tf.tensor2d(branches[index]?.down ?? [], [WIDTH, 3]),
      up: tf.tensor2d(branches[index]?.up ?? [], [3, WIDTH]),
    }));
    const [a, b, c, d] = layers as [
      (typeof layers)[0],
      (typeof layers)[0],
      (typeof layers)[0],
      (typeof layers)[0],
    ];
    const expanded = computed(tf, () =>
      expandedBlock(
        tf,
        expandedBlock(tf, tf.tensor2d(input, [40, WIDTH]), a, b, false),
        c,
        d,
        false,
      ).dataSync<'float32'>(),
    );
    const fused = featuresOf(tf, fusedTrunk(trunk, branches), input);
    expect(largestDifference(featuresOf(tf, trunk, input), fused)).toBeGreaterThan(0.05);
    expect(largestDifference(expanded, fused)).toBeLessThan(1e-5);
  });

  it('leaves the network as it is while the branches are zero', () => {
    const trunk = trunkOfTwo();
    const zero = blockLayers(trunk).map((layer) => zeroBranch(layer, 3, randomOf(4)));
    const input = normals(10 * WIDTH, 1, randomOf(6));
    expect(featuresOf(tf, fusedTrunk(trunk, zero), input)).toEqual(featuresOf(tf, trunk, input));
  });
});

describe('standardisation', () => {
  it.each(['common', 'components'] as const)(
    'folded into the stem computes the same from raw vectors (%s)',
    (scale) => {
      const vectors = normals(50 * 10, 0.3, randomOf(7)).map((value, at) => value + (at % 10));
      const standardisation = standardisationOf(vectors, 10, scale);
      const { stem } = initialTrunk(10, WIDTH, 0, randomOf(8));
      const expected = stemOutputs(tf, stem, standardised(vectors, standardisation));
      const found = stemOutputs(tf, foldedInto(stem, standardisation), vectors);
      expect(largestDifference(expected, found)).toBeLessThan(1e-4);
    },
  );

  it('does not divide by zero where a component never changes', () => {
    for (const scale of ['common', 'components'] as const) {
      const { deviation } = standardisationOf(new Float32Array([1, 5, 2, 5, 3, 5]), 2, scale);
      expect(deviation[1]).toBeGreaterThan(0);
      expect(standardisationOf(new Float32Array([1, 1]), 1, scale).deviation[0]).toBe(1);
    }
  });

  it('of one scale rotates with the vectors, grows with them, and does not see where they lie', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0.01, max: 100, noNaN: true }), (seed, factor) => {
        const dimension = 6;
        const random = randomOf(seed);
        const spread = normals(dimension, 1, random).map((value) => Math.exp(2 * value));
        const vectors = normals(40 * dimension, 1, random).map(
          (value, at) => value * (spread[at % dimension] ?? 0),
        );
        const axes = rotationOf(dimension, random);
        const shift = normals(dimension, 1, random);
        const moved = rotated(vectors, axes).map(
          (value, at) => factor * value + (shift[at % dimension] ?? 0),
        );
        const plain = standardised(vectors, standardisationOf(vectors, dimension, 'common'));
        const other = standardised(moved, standardisationOf(moved, dimension, 'common'));
        expect(largestDifference(other, rotated(plain, axes))).toBeLessThan(1e-2);
        expect(Math.sqrt(plain.reduce((sum, value) => sum + value * value, 0) / plain.length)).toBeCloseTo(
          1,
          3,
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('Adam', () => {
  it('takes the steps worked out by hand', () => {
    const parameter = { values: new Float32Array([1, -2]) };
    const moments = initialMoments([parameter]);
    // First step: m / (1 - b1) = g and sqrt(v / (1 - b2)) = |g|, so that each moves by the learning rate.
    adamStep([parameter], [new Float32Array([0.5, -3])], moments, 0.1, 0);
    expect(parameter.values[0]).toBeCloseTo(0.9, 5);
    expect(parameter.values[1]).toBeCloseTo(-1.9, 5);
    // Second step with g = 0: m = 0.09 * g1 / 0.19, v = 0.000999 * g1^2 / 0.001999.
    adamStep([parameter], [new Float32Array(2)], moments, 0.1, 0);
    const step = (0.1 * (0.09 / 0.19)) / Math.sqrt(0.000999 / 0.001999);
    expect(parameter.values[0]).toBeCloseTo(0.9 - step, 5);
  });

  it('adds the weight decay to the gradient', () => {
    const decayed = { values: new Float32Array([2]) };
    const plain = { values: new Float32Array([2]) };
    adamStep([decayed], [new Float32Array([1])], initialMoments([decayed]), 0.1, 0.5);
    adamStep([plain], [new Float32Array([2])], initialMoments([plain]), 0.1, 0);
    expect(decayed.values).toEqual(plain.values);
  });
});

describe('schedule', () => {
  it('takes a tenth of the learning rate after every so many epochs', () => {
    const schedule = { epochs: 9, batchSize: 1, learningRate: 1, decayEvery: 3, weightDecay: 0 };
    expect(learningRateAt(2, schedule)).toBe(1);
    expect(learningRateAt(3, schedule)).toBeCloseTo(0.1);
    expect(learningRateAt(6, schedule)).toBeCloseTo(0.01);
  });
});

describe('random numbers', () => {
  it('are the same for the same path and others for another', () => {
    expect(normals(8, 1, randomOf(1, 2, 3))).toEqual(normals(8, 1, randomOf(1, 2, 3)));
    expect(normals(8, 1, randomOf(1, 2, 3))).not.toEqual(normals(8, 1, randomOf(1, 3, 2)));
  });

  it('permute without loss', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer(), (n, seed) => {
        const order = [...permutation(n, randomOf(seed))].sort((a, b) => a - b);
        expect(order).toEqual([...Array(n).keys()]);
      }),
    );
  });

  it('have the moments of a normal distribution', () => {
    const values = normals(20_000, 2, randomOf(9));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.05);
    expect(variance).toBeGreaterThan(3.85);
    expect(variance).toBeLessThan(4.15);
  });
});

describe('prototypes', () => {
  // Two correlated components far from the ReLU's edge.
  const rows = 4000;
  const features = new Float32Array(rows * 2);
  const source = normals(rows * 2, 1, randomOf(10));
  for (let row = 0; row < rows; row++) {
    features[2 * row] = 20 + 2 * (source[2 * row] as number);
    features[2 * row + 1] = 20 + (source[2 * row] as number) + 0.5 * (source[2 * row + 1] as number);
  }
  const prototypes = prototypesOf(features, new Int32Array(rows), 1, 2, randomOf(11));

  it('are the mean features of each class', () => {
    const two = prototypesOf(new Float32Array([1, 2, 3, 4, 5, 6]), Int32Array.of(0, 1, 0), 2, 2, randomOf(1));
    expect(two.map(({ mean }) => [...mean])).toEqual([
      [3, 4],
      [3, 4],
    ]);
  });

  it('are replayed exactly without noise, with replacement', () => {
    const { features: drawn, labels } = drawReplay(tf, prototypes, 5, 'none', randomOf(12));
    const mean = prototypes[0]?.mean ?? [];
    expect([...labels]).toEqual([0, 0, 0, 0, 0]);
    expect([...drawn]).toEqual([...mean, ...mean, ...mean, ...mean, ...mean]);
  });

  it('are replayed with the covariance of the features', () => {
    const n = 8000;
    const { features: drawn } = drawReplay(tf, prototypes, n, 'covariance', randomOf(13));
    const sums = [0, 0, 0];
    for (let row = 0; row < n; row++) {
      const [x, y] = [(drawn[2 * row] as number) - 20, (drawn[2 * row + 1] as number) - 20];
      [x * x, x * y, y * y].forEach((product, index) => {
        sums[index] = (sums[index] as number) + product / n;
      });
    }
    // A sketch of 64 directions knows a variance to some 18 %.
    [4, 2, 1.25].forEach((expected, index) => {
      expect(Math.abs((sums[index] as number) / expected - 1)).toBeLessThan(0.45);
    });
  });
});
