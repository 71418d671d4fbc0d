import { readFile } from 'node:fs/promises';
import { adamStep, initialMoments } from 'lethe/internal/model/ssre/adam.js';
import { lossAndGradients, type Objective } from 'lethe/internal/model/ssre/optimise.js';
import { type Random, randomOf } from 'lethe/internal/model/ssre/random.js';
import { loadTensorflow } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { largestDifference } from '../../../../../test/unit/model/ssre/support.js';
import { trunkShape } from '../../../src/imageSsre/architecture.js';
import { incrementalObjective } from '../../../src/imageSsre/incrementalTask.js';
import { foldedTrunk, initialObjective } from '../../../src/imageSsre/initialTask.js';
import { convolutionsOf, mapTrunk } from '../../../src/imageSsre/network.js';
import { imageFeatures } from '../../../src/imageSsre/trainTask.js';
import { smallConfig } from './support.js';

const floats = z.string().transform((text) => new Float32Array(new Uint8Array(bytesOf(text)).buffer));
const bytes = z.string().transform(bytesOf);
const stepped = {
  images: bytes,
  loss: z.number(),
  parameters: z.array(floats),
  gradients: z.array(floats),
  after: z.array(floats),
};

/** What bench/peers/reference.py wrote: PyTorch's numbers for the same networks, images and losses. */
const reference = z
  .object({
    channels: z.number(),
    side: z.number(),
    learningRate: z.number(),
    weightDecay: z.number(),
    temperature: z.number(),
    first: z.object({ ...stepped, labels: bytes, shown: bytes, features: floats }),
    later: z.object({
      ...stepped,
      trunk: z.array(z.object({ kernel: floats, bias: floats })),
      prototypes: z.array(floats),
      drawn: bytes,
    }),
  })
  .parse(JSON.parse(await readFile(new URL('reference.json', import.meta.url), 'utf8')));

const { channels, side, first, later, learningRate, weightDecay } = reference;
const config = smallConfig({ channels, side, temperature: reference.temperature });
const { tf } = await loadTensorflow('cpu');
await tf.setBackend('cpu');

/** Loss, gradients and one step of Adam are PyTorch's, to 1e-4. */
function expectStep(objective: Objective, random: Random, expected: typeof first | typeof later): void {
  const { parameters, examples } = objective;
  const batch = { rows: Uint32Array.from({ length: examples }, (_, row) => row), start: 0 };
  const { value, gradients } = lossAndGradients(tf, parameters, objective.lossOf(random), batch);
  expect(Math.abs(value / expected.loss - 1)).toBeLessThan(1e-4);
  expect(gradients).toHaveLength(expected.gradients.length);
  gradients.forEach((gradient, index) => {
    const wanted = expected.gradients[index] as Float32Array;
    const size = wanted.reduce((largest, each) => Math.max(largest, Math.abs(each)), 0);
    expect(largestDifference(gradient, wanted) / size, `gradient ${index}`).toBeLessThan(1e-4);
  });
  adamStep(parameters, gradients, initialMoments(parameters), learningRate, weightDecay);
  parameters.forEach(({ values }, index) => {
    const wanted = expected.after[index] as Float32Array;
    expect(largestDifference(values, wanted), `parameter ${index}`).toBeLessThan(1e-4);
    // The step itself is ten times as large: a step in another direction would be seen.
    const before = expected.parameters[index] as Float32Array;
    expect(largestDifference(before, wanted)).toBeGreaterThan(5e-4);
  });
}

/** The trunk of the first task with the reference's numbers in it. */
function normalisedTrunk([, , ...rest]: readonly Float32Array[]) {
  let at = 0;
  return mapTrunk(trunkShape('resnet20', channels), (shape) => ({
    ...shape,
    kernel: (rest[at++] as Float32Array).slice(),
    scale: (rest[at++] as Float32Array).slice(),
    shift: (rest[at++] as Float32Array).slice(),
  }));
}

function headOf([rows, bias]: readonly Float32Array[]) {
  return { rows: (rows as Float32Array).slice(), bias: (bias as Float32Array).slice() };
}

describe('SSRE on images beside PyTorch', () => {
  const data = { images: first.images, labels: Int32Array.from(first.labels) };

  it('has the loss, the gradients and the step of a first task', () => {
    const objective = initialObjective(
      tf,
      normalisedTrunk(first.parameters),
      headOf(first.parameters),
      data,
      config,
    );
    expectStep(objective, randomOf(1), first);
  });

  it('has the features once the batch normalisations are folded', () => {
    const trunk = foldedTrunk(tf, normalisedTrunk(first.after), data, { side, batchSize: 128 }, randomOf(2));
    const features = imageFeatures(tf, trunk, first.shown, side);
    expect(largestDifference(features, first.features)).toBeLessThan(1e-4);
    expect(Math.max(...features)).toBeGreaterThan(0.1);
    convolutionsOf(trunk).forEach(({ kernel, bias }, index) => {
      expect(largestDifference(kernel, later.trunk[index]?.kernel ?? [])).toBeLessThan(1e-4);
      expect(largestDifference(bias, later.trunk[index]?.bias ?? [])).toBeLessThan(1e-4);
    });
  });

  it('has the loss, the gradients and the step of a later task', () => {
    let at = 0;
    const trunk = mapTrunk(trunkShape('resnet20', channels), (shape) => {
      const { kernel, bias } = later.trunk[at++] as (typeof later.trunk)[number];
      return { ...shape, kernel, bias };
    });
    const [, , ...sides] = later.parameters;
    const drawn = [...later.drawn];
    const objective = incrementalObjective(
      tf,
      trunk,
      sides.map((side) => side.slice()),
      headOf(later.parameters),
      later.prototypes.map((mean) => ({ mean, spread: new Float32Array(0) })),
      { images: later.images, labels: new Int32Array(drawn.length) },
      config,
    );
    // The replay as PyTorch drew it.
    expectStep(objective, { below: () => drawn.shift() ?? 0, normal: () => 0 }, later);
    expect(drawn).toHaveLength(0);
    objective.dispose();
  });
});

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}
