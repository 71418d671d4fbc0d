import {
  CIFAR_IMAGE_BYTES,
  type ImageDataset,
  type LabelledImages,
} from 'lethe/internal/data/cifarImages.js';
import { loadDemoSubset } from 'lethe/internal/data/demoSubset.js';
import { copied } from 'lethe/internal/model/ssre/adam.js';
import type { OnEpoch } from 'lethe/internal/model/ssre/learnTask.js';
import type { OptimiserState } from 'lethe/internal/model/ssre/optimise.js';
import { randomOf } from 'lethe/internal/model/ssre/random.js';
import { loadTensorflow } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { largestDifference } from '../../../../../test/unit/model/ssre/support.js';
import { createImageClassifier } from '../../../src/imageSsre/classifier.js';
import { imageSsreConfigSchema } from '../../../src/imageSsre/config.js';
import { type Convolution, convolutionsOf, type ImageState } from '../../../src/imageSsre/network.js';
import { type ImageTask, trainImageTask } from '../../../src/imageSsre/trainTask.js';
import { randomImages, smallConfig } from './support.js';

const { tf, backend } = await loadTensorflow();
const CLASSES = ['airplane', 'frog', 'horse'];
const LATER = 'ship';
const PER_CLASS = 80;

let cifar: ImageDataset;
beforeAll(async () => {
  cifar = await loadDemoSubset();
});

function imagesOfClasses({ images, labels }: LabelledImages, names: readonly string[], most: number) {
  const rows = names.flatMap((name, label) =>
    [...labels.keys()]
      .filter((row) => labels[row] === cifar.classNames.indexOf(name))
      .slice(0, most)
      .map((row) => ({ row, label })),
  );
  return {
    images: Buffer.concat(
      rows.map(({ row }) => images.subarray(row * CIFAR_IMAGE_BYTES, (row + 1) * CIFAR_IMAGE_BYTES)),
    ),
    labels: Int32Array.from(rows, ({ label }) => label),
  };
}

function taskOf(classes: readonly string[], unlearned: readonly string[] = []): ImageTask {
  return { classes, unlearned, ...imagesOfClasses(cifar.train, classes, PER_CLASS) };
}

/** Share of the test images of `names` whose best of all classes is the right one. */
async function accuracy(state: ImageState, names: readonly string[]): Promise<number> {
  const classifier = createImageClassifier(tf, state, { version: 'v', backend, temperature: 0.1, side: 32 });
  const { images, labels } = imagesOfClasses(cifar.test, names, 50);
  const logits = await classifier.logits(Float32Array.from(images));
  classifier.dispose();
  const width = state.classes.length;
  const right = labels.filter((label, row) => {
    const own = logits.subarray(row * width, (row + 1) * width);
    return state.classes[own.indexOf(Math.max(...own))] === names[label];
  });
  return right.length / labels.length;
}

/** Every array of a state, so that states can be compared. */
function numbersOf({ trunk, head, prototypes }: ImageState): Float32Array[] {
  return [
    ...convolutionsOf(trunk).flatMap(({ kernel, bias }) => [kernel, bias]),
    head.rows,
    head.bias,
    ...prototypes.flatMap(({ mean, spread }) => [mean, spread]),
  ];
}

describe('SSRE on images of CIFAR-10', () => {
  const config = imageSsreConfigSchema.parse({
    trunk: 'resnet20',
    channels: 8,
    similarity: 'centred',
    initial: { epochs: 5, batchSize: 32, learningRate: 3e-3, decayEvery: 4, weightDecay: 5e-4 },
    incremental: { epochs: 12, batchSize: 32, learningRate: 1e-2, decayEvery: 10, weightDecay: 5e-4 },
  });

  it('learns three classes, and then one more', async () => {
    const losses: number[] = [];
    const first = await trainImageTask(tf, null, taskOf(CLASSES), config, ({ loss }) => {
      losses.push(loss);
    });
    expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] as number));
    expect(await accuracy(first, CLASSES)).toBeGreaterThan(0.5);

    const laterLosses: number[] = [];
    const second = await trainImageTask(tf, first, taskOf([LATER]), config, ({ loss }) => {
      laterLosses.push(loss);
    });
    expect(laterLosses.at(-1)).toBeLessThan(0.5 * (laterLosses[0] as number));
    expect(second.classes).toEqual([...CLASSES, LATER]);
    // By chance it would be a quarter of all; a network that learned nothing new knows none of the new class.
    expect(await accuracy(second, [...CLASSES, LATER])).toBeGreaterThan(0.35);
    expect(await accuracy(second, [LATER])).toBeGreaterThan(0.1);
  });
});

describe('a task on images', () => {
  const schedule = { epochs: 3, batchSize: 16, learningRate: 1e-3, decayEvery: 2, weightDecay: 5e-4 };
  const config = smallConfig({
    channels: 2,
    augmentation: { padding: 1, flip: true },
    initial: schedule,
    incremental: schedule,
  });
  /** Nine images of each class: odd batches. */
  const task = (classes: readonly string[], unlearned: readonly string[] = []): ImageTask => ({
    classes,
    unlearned,
    images: randomImages(9 * classes.length, randomOf(3, classes.length)),
    labels: Int32Array.from({ length: 9 * classes.length }, (_, row) => row % classes.length),
  });
  const train = (
    state: ImageState | null,
    data: ImageTask,
    { seed = config.seed, resume }: { seed?: number; resume?: OptimiserState } = {},
    onEpoch: OnEpoch = () => undefined,
  ): Promise<ImageState> => trainImageTask(tf, state, data, { ...config, seed }, onEpoch, resume);

  it('gives the same weights for the same seed, and others for another', async () => {
    const [one, again, other] = [
      await train(null, task(['a', 'b', 'c'])),
      await train(null, task(['a', 'b', 'c'])),
      await train(null, task(['a', 'b', 'c']), { seed: 2 }),
    ];
    expect(numbersOf(again)).toEqual(numbersOf(one));
    expect(largestDifference(other.head.rows, one.head.rows)).toBeGreaterThan(0);
  });

  it.each(['first', 'later'] as const)(
    'goes on after a break to the very same numbers: %s',
    async (which) => {
      const base = which === 'first' ? null : await train(null, task(['a', 'b', 'c']));
      const data = which === 'first' ? task(['a', 'b', 'c']) : task(['d']);
      let saved: OptimiserState | undefined;
      const whole = await train(base, data, {}, ({ epoch, state }) => {
        if (epoch !== 2) return;
        const parameters = state.parameters.map((values) => values.slice());
        saved = { epoch, parameters, moments: copied(state.moments) };
      });
      const epochs: number[] = [];
      const resumed = await train(base, data, saved ? { resume: saved } : {}, ({ epoch }) => {
        epochs.push(epoch);
      });
      expect(epochs).toEqual([3]);
      expect(numbersOf(resumed)).toEqual(numbersOf(whole));
    },
  );

  it('changes nothing of the network outside the branches, and the old state not at all', async () => {
    const first = await train(null, task(['a', 'b', 'c']));
    const before = numbersOf(first).map((values) => values.slice());
    const second = await train(first, task(['d']));
    expect(numbersOf(first)).toEqual(before);
    const { inputs, outputs, kernel } = convolutionsOf(second.trunk)[1] as Convolution;
    const old = convolutionsOf(first.trunk)[1]?.kernel as Float32Array;
    const area = inputs * outputs;
    kernel.forEach((weight, at) => {
      // Only the centre of a 3x3 kernel moves: there the 1x1 branch was added.
      if (Math.floor(at / area) !== 4) expect(weight).toBe(old[at]);
    });
    expect(largestDifference(kernel, old)).toBeGreaterThan(0);
    expect(second.trunk.stem).toEqual(first.trunk.stem);
    expect(second.prototypes.slice(0, 3)).toEqual(first.prototypes);
  });

  it('reads nothing of an unlearned class', async () => {
    const first = await train(null, task(['a', 'b', 'c']));
    const width = first.head.rows.length / 3;
    const spoilt: ImageState = {
      ...first,
      head: {
        rows: first.head.rows.map((value, at) => (Math.floor(at / width) === 1 ? Number.NaN : value)),
        bias: first.head.bias.map((value, at) => (at === 1 ? Number.NaN : value)),
      },
      prototypes: first.prototypes.map((prototype, at) =>
        at === 1 ? { ...prototype, mean: prototype.mean.map(() => Number.NaN) } : prototype,
      ),
    };
    const second = await train(spoilt, task(['d'], ['b']));
    const numbers = [...numbersOf({ ...second, head: first.head, prototypes: [] }).flatMap((a) => [...a])];
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(second.prototypes[3]?.mean.every(Number.isFinite)).toBe(true);
  });

  it('leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const first = await train(null, task(['a', 'b', 'c']));
    await train(first, task(['d']));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('refuses images of another size', async () => {
    const { images, ...rest } = task(['a', 'b']);
    await expect(train(null, { ...rest, images: images.subarray(1) })).rejects.toMatchObject({
      code: 'wrong-dimension',
      field: 'images',
    });
  });
});
