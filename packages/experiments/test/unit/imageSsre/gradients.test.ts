import { grownHead } from 'lethe/internal/model/ssre/head.js';
import { normals, randomOf } from 'lethe/internal/model/ssre/random.js';
import { loadTensorflow } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { describe, it } from 'vitest';
import { expectGradient } from '../../../../../test/unit/model/ssre/expectGradient.js';
import { incrementalObjective, zeroKernels } from '../../../src/imageSsre/incrementalTask.js';
import { initialObjective } from '../../../src/imageSsre/initialTask.js';
import { featureWidth, type ResidualTrunk } from '../../../src/imageSsre/network.js';
import { randomImages, smallConfig, usedFoldedTrunk, usedTrunk } from './support.js';

const { tf } = await loadTensorflow('cpu');
await tf.setBackend('cpu');
const STEP = 2e-3;
const config = smallConfig({ temperature: 1 });
const data = {
  images: randomImages(12, randomOf(5)),
  labels: Int32Array.from({ length: 12 }, (_, row) => row % 3),
};
const headOver = (width: number) =>
  grownHead({ rows: new Float32Array(0), bias: new Float32Array(0) }, 3, width, randomOf(6));

/** The stem and a block of stride 2 with its shortcut: through more ReLUs, differences meet too many kinks. */
function shallow<C>({ stem, blocks }: ResidualTrunk<C>): ResidualTrunk<C> {
  return { stem, blocks: blocks.slice(3, 4) };
}

describe('gradients on images', () => {
  it('of the first task equal finite differences, through batch normalisation', () => {
    const trunk = shallow(usedTrunk('resnet20', 2));
    expectGradient(tf, initialObjective(tf, trunk, headOver(featureWidth(trunk)), data, config), STEP);
  });

  it('of the side branches equal finite differences', () => {
    const trunk = shallow(usedFoldedTrunk(tf, 'resnet20', 2));
    const branches = zeroKernels(trunk).map((zeros, at) => normals(zeros.length, 0.1, randomOf(7, at)));
    // No prototype is remembered: the loss is the plain cross-entropy through the expanded network.
    const objective = incrementalObjective(
      tf,
      trunk,
      branches,
      headOver(featureWidth(trunk)),
      [],
      data,
      config,
    );
    expectGradient(tf, objective, STEP);
    objective.dispose();
  });
});
