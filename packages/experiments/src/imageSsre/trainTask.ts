import { LetheError } from 'lethe/internal/domain/errors.js';
import { learnTask, NOTHING_LEARNED, type OnEpoch } from 'lethe/internal/model/ssre/learnTask.js';
import type { OptimiserState } from 'lethe/internal/model/ssre/optimise.js';
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
function trainInitial(
  tf: Tensorflow,
  task: ImageTask,
  config: ImageSsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<ImageState> {
  const { side, initial: schedule } = config;
  return learnTask(
    tf,
    NOTHING_LEARNED,
    task,
    { seed: config.seed, schedule },
    (random) => {
      const trunk = initialTrunk(config.trunk, config.channels, random);
      return {
        width: featureWidth(trunk),
        objective: (head) => initialObjective(tf, trunk, head, task, config),
        finished: (randomFor) => {
          const batch = { side, batchSize: schedule.batchSize };
          const folded = foldedTrunk(tf, trunk, task, batch, randomFor('statistics'));
          return { trunk: folded, features: imageFeatures(tf, folded, task.images, side) };
        },
      };
    },
    onEpoch,
    resume,
  );
}

/** Side branches and classifier learn beside the frozen trunk; the branches are fused into it afterwards. */
function trainIncremental(
  tf: Tensorflow,
  state: ImageState,
  task: ImageTask,
  config: ImageSsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<ImageState> {
  const { trunk } = state;
  const branches = zeroKernels(trunk);
  return learnTask(
    tf,
    state,
    task,
    { seed: config.seed, schedule: config.incremental },
    () => ({
      width: featureWidth(trunk),
      objective: (head, prototypes) =>
        incrementalObjective(tf, trunk, branches, head, prototypes, task, config),
      finished: () => {
        const fused = fusedTrunk(trunk, branches);
        return { trunk: fused, features: imageFeatures(tf, fused, task.images, config.side) };
      },
    }),
    onEpoch,
    resume,
  );
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
