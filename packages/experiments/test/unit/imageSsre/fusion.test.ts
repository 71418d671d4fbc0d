import type { Tensor4D } from '@tensorflow/tfjs';
import { normals, randomOf } from 'lethe/internal/model/ssre/random.js';
import { loadTensorflow } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../../../test/unit/model/ssre/support.js';
import { batchNorm } from '../../../src/imageSsre/batchNorm.js';
import { convolve } from '../../../src/imageSsre/convolve.js';
import { folded } from '../../../src/imageSsre/folding.js';
import { expandedBy, fusedTrunk, zeroKernels } from '../../../src/imageSsre/incrementalTask.js';
import { convolutionsOf, featureWidth, mapTrunk } from '../../../src/imageSsre/network.js';
import { expanded, plainly, toTensors } from '../../../src/imageSsre/sideBranch.js';
import { throughBlock, throughTrunk } from '../../../src/imageSsre/throughTrunk.js';
import { randomTensor, usedFoldedTrunk, usedTrunk } from './support.js';

const { tf } = await loadTensorflow('wasm');
await tf.setBackend('wasm');

/** An expanded trunk whose branches have learned something, and what fusion makes of it. */
function expandedAndFused(name: 'resnet18' | 'resnet20') {
  const trunk = usedFoldedTrunk(tf, name, 4);
  const branches = zeroKernels(trunk).map((zeros, index) => normals(zeros.length, 0.1, randomOf(20, index)));
  const sides = trunk.blocks
    .flatMap(({ first, second }) => [first, second])
    .map(({ inputs, outputs }, index) =>
      tf.tensor4d(branches[index] as Float32Array, [1, 1, inputs, outputs]),
    );
  return {
    trunk,
    frozen: mapTrunk(trunk, (convolution) => toTensors(tf, convolution)),
    grown: expandedBy(
      mapTrunk(trunk, (convolution) => toTensors(tf, convolution)),
      sides,
    ),
    after: mapTrunk(fusedTrunk(trunk, branches), (convolution) => toTensors(tf, convolution)),
  };
}

describe.each(['resnet18', 'resnet20'] as const)('%s', (name) => {
  it('computes the same in every block before and after fusion', () => {
    const { trunk, frozen, grown, after } = expandedAndFused(name);
    expect(trunk.blocks).toHaveLength(name === 'resnet18' ? 8 : 9);
    let moved = 0;
    trunk.blocks.forEach(({ first }, index) => {
      const at = <C>(blocks: readonly C[]): C => blocks[index] as C;
      const x = randomTensor(tf, [2, 8, 8, first.inputs], 30 + index);
      const before = throughBlock(tf, x, at(grown.blocks), (h, c) => expanded(tf, h, c));
      const fused = throughBlock(tf, x, at(after.blocks), (h, c) => plainly(tf, h, c));
      const old = throughBlock(tf, x, at(frozen.blocks), (h, c) => plainly(tf, h, c));
      expect(largestDifference(before.dataSync(), fused.dataSync()), `block ${index}`).toBeLessThan(1e-5);
      moved = Math.max(moved, largestDifference(before.dataSync(), old.dataSync()));
    });
    expect(moved).toBeGreaterThan(0.1);
  });

  it('computes the same as a whole before and after fusion', () => {
    const { trunk, grown, after } = expandedAndFused(name);
    const x = randomTensor(tf, [3, 32, 32, 3], 40);
    const before = throughTrunk(tf, x, grown, (h, c) => expanded(tf, h, c));
    const fused = throughTrunk(tf, x, after, (h, c) => plainly(tf, h, c));
    expect(before.shape).toEqual([3, featureWidth(trunk)]);
    expect(largestDifference(before.dataSync(), fused.dataSync())).toBeLessThan(1e-5);
  });

  it('computes the same before and after its batch normalisations are folded', () => {
    const trunk = usedTrunk(name, 4);
    const x = randomTensor(tf, [8, 32, 32, 3], 41);
    // The statistics of the batch itself: with them the folded network must do to this batch what training does.
    const tensors = mapTrunk(trunk, (convolution) => {
      const { size, inputs, outputs, stride, kernel, scale, shift } = convolution;
      return {
        convolution,
        stride,
        kernel: tf.tensor4d(kernel, [size, size, inputs, outputs]),
        scale: tf.tensor1d(scale),
        shift: tf.tensor1d(shift),
      };
    });
    const foldedOnes: ReturnType<typeof folded>[] = [];
    const training = throughTrunk(tf, x, tensors, (h, { convolution, stride, kernel, scale, shift }) => {
      const y = convolve(tf, h, kernel, { stride, inputGradient: false, kernelGradient: false });
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      const statistics = {
        mean: mean.dataSync<'float32'>(),
        variance: variance.dataSync<'float32'>(),
      };
      const one = folded(convolution, statistics);
      foldedOnes.push(one);
      const normalised = batchNorm(tf, y as Tensor4D, scale, shift);
      const after = plainly(tf, h, toTensors(tf, one));
      expect(largestDifference(normalised.dataSync(), after.dataSync())).toBeLessThan(1e-5);
      return normalised;
    });
    expect(foldedOnes).toHaveLength(convolutionsOf(trunk).length);
    let at = 0;
    const whole = throughTrunk(
      tf,
      x,
      mapTrunk(trunk, () => toTensors(tf, foldedOnes[at++] as (typeof foldedOnes)[number])),
      (h, c) => plainly(tf, h, c),
    );
    expect(largestDifference(training.dataSync(), whole.dataSync())).toBeLessThan(1e-5);
  });
});
