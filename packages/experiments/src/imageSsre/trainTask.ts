import { LetheError } from 'lethe/internal/domain/errors.js';
import { grownHead, headOf, withTrained } from 'lethe/internal/model/ssre/head.js';
import type { Prototype } from 'lethe/internal/model/ssre/network.js';
import { type OptimiserState, optimise } from 'lethe/internal/model/ssre/optimise.js';
import { prototypesOf } from 'lethe/internal/model/ssre/prototypes.js';
import { randomOfTask } from 'lethe/internal/model/ssre/taskRandom.js';
import type { OnEpoch } from 'lethe/internal/model/ssre/trainTask.js';
import { computed } from 'lethe/internal/model/tensorflow/computed.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import { initialTrunk } from './architecture.js';
import { imagesOf } from './augmentation.js';
import type { ImageSsreConfig } from './config.js';
import { fusedTrunk, incrementalObjective, zeroKernels } from './incrementalTask.js';
import { foldedTrunk, initialObjective, type LabelledImages } from './initialTask.js';
import { type Convolution, featureWidth, type ImageState, mapTrunk, type ResidualTrunk } from './network.js';
import { plainly, toTensors } from './sideBranch.js';
import { throughTrunk } from './throughTrunk.js';

/** One learning step on images: its classes are new. */
export interface ImageTask extends LabelledImages {
  /** In the order in which `labels` counts them. */
  readonly classes: readonly string[];
  /** Classes unlearned by now: neither replayed, nor in the selection weights, nor in the softmax. */
  readonly unlearned: readonly string[];
}

/** Images computed at a time where nothing learns. */
const ROWS = 128;

/**
 * Trains one task on top of `state`, by SSRE as published (SSRE: Zhu et al., CVPR 2022).
 * @param state what is known so far; null before the first task
 * @param task its classes must be new
 * @param resume where a broken-off training of the same task on the same state was: it goes on from there
 * @returns what is known afterwards; `state` stays as it is
 * @throws LetheError `training-failed` where the loss is no longer finite
 */
export async function trainImageTask(
  tf: Tensorflow,
  state: ImageState | null,
  task: ImageTask,
  config: ImageSsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<ImageState> {
  refuseOtherSize(task, config.side);
  return state === null
    ? trainInitial(tf, task, config, onEpoch, resume)
    : trainIncremental(tf, state, task, config, onEpoch, resume);
}

function refuseOtherSize({ images, labels }: ImageTask, side: number): void {
  if (images.length === labels.length * 3 * side * side) return;
  throw new LetheError(
    'wrong-dimension',
    `${images.length} bytes are not ${labels.length} images of ${side} x ${side}`,
    {
      field: 'images',
      value: String(images.length),
      remedy: `Give 3 * ${side} * ${side} bytes for every label: the red, green and blue planes.`,
    },
  );
}

/** All of a new network learns, with batch normalisation, which is folded into the convolutions afterwards. */
async function trainInitial(
  tf: Tensorflow,
  task: ImageTask,
  config: ImageSsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<ImageState> {
  const randomFor = randomOfTask(config.seed, 0);
  const random = randomFor('weights');
  const trunk = initialTrunk(config.trunk, config.channels, random);
  const width = featureWidth(trunk);
  const classes = task.classes.length;
  const head = grownHead({ rows: new Float32Array(0), bias: new Float32Array(0) }, classes, width, random);
  const objective = initialObjective(tf, trunk, head, task, config);
  await optimise(tf, objective, config.initial, (epoch) => randomFor('epochs', epoch), onEpoch, resume);

  const { batchSize } = config.initial;
  const folded = foldedTrunk(tf, trunk, task, { side: config.side, batchSize }, randomFor('statistics'));
  const features = imageFeatures(tf, folded, task.images, config.side);
  return {
    tasks: 1,
    classes: [...task.classes],
    trunk: folded,
    head,
    prototypes: prototypesOf(features, task.labels, classes, width, randomFor('prototypes')),
  };
}

/** Side branches and classifier learn beside the frozen trunk; the branches are fused into it afterwards. */
async function trainIncremental(
  tf: Tensorflow,
  state: ImageState,
  task: ImageTask,
  config: ImageSsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<ImageState> {
  const randomFor = randomOfTask(config.seed, state.tasks);
  const width = featureWidth(state.trunk);
  // What is unlearned is neither replayed, nor resembled, nor in the softmax, and its row stays as it is.
  const remembered = [...state.classes.keys()].filter(
    (index) => !task.unlearned.includes(state.classes[index] as string),
  );
  const branches = zeroKernels(state.trunk);
  const classes = task.classes.length;
  const head = grownHead(headOf(state.head, remembered, width), classes, width, randomFor('weights'));
  const prototypes = remembered.map((index) => state.prototypes[index] as Prototype);
  const objective = incrementalObjective(tf, state.trunk, branches, head, prototypes, task, config);
  try {
    await optimise(tf, objective, config.incremental, (epoch) => randomFor('epochs', epoch), onEpoch, resume);
  } finally {
    objective.dispose();
  }

  const trunk = fusedTrunk(state.trunk, branches);
  const features = imageFeatures(tf, trunk, task.images, config.side);
  return {
    tasks: state.tasks + 1,
    classes: [...state.classes, ...task.classes],
    trunk,
    head: withTrained(state.head, head, remembered, width),
    prototypes: [
      ...state.prototypes,
      ...prototypesOf(features, task.labels, classes, width, randomFor('prototypes')),
    ],
  };
}

/**
 * Features f of images as they are.
 * @param images bytes, shape [n, 3, side, side]
 * @returns shape [n, width]
 */
export function imageFeatures(
  tf: Tensorflow,
  trunk: ResidualTrunk<Convolution>,
  images: Uint8Array,
  side: number,
): Float32Array {
  const width = featureWidth(trunk);
  const count = images.length / (3 * side * side);
  const features = new Float32Array(count * width);
  computed(tf, () => {
    const tensors = mapTrunk(trunk, (convolution) => toTensors(tf, convolution));
    for (let start = 0; start < count; start += ROWS) {
      const rows = Uint32Array.from({ length: Math.min(ROWS, count - start) }, (_, at) => start + at);
      const part = computed(tf, () =>
        throughTrunk(tf, imagesOf(tf, images, side, rows), tensors, (x, c) =>
          plainly(tf, x, c),
        ).dataSync<'float32'>(),
      );
      features.set(part, start * width);
    }
  });
  return features;
}
