import { describe, it } from 'vitest';
import { featuresOf, stemOutputs } from '../../../../src/model/ssre/features.js';
import { grownHead } from '../../../../src/model/ssre/head.js';
import { incrementalObjective } from '../../../../src/model/ssre/incrementalTask.js';
import { initialObjective } from '../../../../src/model/ssre/initialTask.js';
import { blockLayers } from '../../../../src/model/ssre/network.js';
import { prototypesOf } from '../../../../src/model/ssre/prototypes.js';
import { normals, randomOf } from '../../../../src/model/ssre/random.js';
import { zeroBranch } from '../../../../src/model/ssre/sideBranch.js';
import { initialTrunk } from '../../../../src/model/ssre/trunk.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import { expectGradient } from './expectGradient.js';
import { clusters, DIMENSION, smallConfig } from './support.js';

const { tf } = await loadTensorflow('cpu');

function network() {
  const config = smallConfig({ temperature: 1 });
  const task = clusters([0, 1, 2], 8);
  const trunk = initialTrunk(DIMENSION, config.width, 2, randomOf(1));
  for (const { weights, bias } of blockLayers(trunk)) {
    weights.set(normals(weights.length, 0.2, randomOf(2, weights.length)));
    bias.set(normals(bias.length, 0.1, randomOf(2, bias.length)));
  }
  const head = grownHead(
    { rows: new Float32Array(0), bias: new Float32Array(0) },
    3,
    config.width,
    randomOf(6),
  );
  return { config, task, trunk, head };
}

describe('gradients', () => {
  it('of the first task equal finite differences', () => {
    const { config, task, trunk, head } = network();
    expectGradient(tf, initialObjective(tf, trunk, head, task, config));
  });

  it.each(['none', 'radius', 'covariance'] as const)(
    'of the classifier with replay noise %s equal finite differences',
    (replayNoise) => {
      const { trunk, head, task, config } = network();
      const flat = { ...trunk, blocks: [] };
      const stemOutput = stemOutputs(tf, flat.stem, task.vectors);
      const old = prototypesOf(stemOutput, task.labels, 3, config.width, randomOf(7));
      const grown = grownHead(head, 1, config.width, randomOf(8));
      const data = { stemOutput, teacher: stemOutput, labels: new Int32Array(24) };
      // Without blocks the features, and with them s_i, do not move.
      const objective = incrementalObjective(tf, flat, [], grown, old, data, { ...config, replayNoise });
      expectGradient(tf, objective);
      objective.dispose();
    },
  );

  it('of the side branches equal finite differences', () => {
    const { trunk, head, task, config } = network();
    const stemOutput = stemOutputs(tf, trunk.stem, task.vectors);
    const features = featuresOf(tf, trunk, stemOutput);
    const branches = blockLayers(trunk).map((layer, index) => {
      const branch = zeroBranch(layer, 3, randomOf(9, index));
      branch.up.set(normals(branch.up.length, 0.2, randomOf(10, index)));
      return branch;
    });
    // No prototype is remembered: the loss is the plain cross-entropy through the expanded network.
    const data = { stemOutput, teacher: features, labels: task.labels };
    const objective = incrementalObjective(tf, trunk, branches, head, [], data, config);
    expectGradient(tf, objective);
    objective.dispose();
  });
});
