import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { LetheError } from '../../domain/errors.js';
import { computed } from '../tensorflow/computed.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { adamStep, copied, initialMoments, type Moments } from './adam.js';
import type { Schedule } from './config.js';
import { permutation, type Random } from './random.js';
import { learningRateAt } from './schedule.js';

/** A trained array: its numbers, changed in place, and its shape on the device. */
export interface Parameter {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** A batch of an epoch. */
export interface Batch {
  /** Numbers of its vectors. */
  readonly rows: Uint32Array;
  /** How many vectors of the epoch came before it. */
  readonly start: number;
}

/** The loss of a batch as a function of the parameters on the device, in their order. */
export type Loss = (parameters: readonly Tensor[], batch: Batch) => Scalar;

/** What is minimised. */
export interface Objective {
  readonly parameters: readonly Parameter[];
  /** Number of training vectors. */
  readonly examples: number;
  /** The loss during one epoch, which may draw random numbers. */
  lossOf(random: Random): Loss;
}

/** All that the epochs to come depend on, beside the objective and its schedule. */
export interface OptimiserState {
  /** Epochs done. */
  readonly epoch: number;
  /** The numbers of every parameter, in the objective's order. */
  readonly parameters: readonly Float32Array[];
  readonly moments: Readonly<Moments>;
}

/** What is known after an epoch. */
export interface EpochReport {
  /** Counted from 1. */
  readonly epoch: number;
  /** Mean loss of its batches. */
  readonly loss: number;
  /** From where to go on after a crash. The arrays are those in training: to be copied before the next epoch. */
  readonly state: OptimiserState;
}

/**
 * Minimises the objective with Adam; its parameters change in place.
 * @param randomAt the random numbers of an epoch, counted from 0
 * @param onEpoch called and awaited after every epoch
 * @param resume where an earlier run of the same training was; the result is the same number by number as without a break
 * @throws LetheError `training-failed` where the loss is no longer finite, or `resume` is of another training
 */
export async function optimise(
  tf: Tensorflow,
  objective: Objective,
  schedule: Schedule,
  randomAt: (epoch: number) => Random,
  onEpoch: (report: EpochReport) => Promise<void> | void,
  resume?: OptimiserState,
): Promise<void> {
  const { parameters, examples } = objective;
  const moments = resume ? restored(parameters, resume) : initialMoments(parameters);
  for (let epoch = resume?.epoch ?? 0; epoch < schedule.epochs; epoch++) {
    const random = randomAt(epoch);
    const order = permutation(examples, random);
    const loss = objective.lossOf(random);
    const learningRate = learningRateAt(epoch, schedule);
    let total = 0;
    for (const batch of batchesOf(order, schedule.batchSize)) {
      const { value, gradients } = lossAndGradients(tf, parameters, loss, batch);
      adamStep(parameters, gradients, moments, learningRate, schedule.weightDecay);
      total += value * batch.rows.length;
    }
    if (!Number.isFinite(total)) throw diverged(epoch + 1);
    const state = { epoch: epoch + 1, parameters: parameters.map(({ values }) => values), moments };
    await onEpoch({ epoch: epoch + 1, loss: total / examples, state });
  }
}

/** Sets the parameters to what they were; returns the moments that belong to them. */
function restored(parameters: readonly Parameter[], resume: OptimiserState): Moments {
  const { first, second } = resume.moments;
  for (const arrays of [resume.parameters, first, second]) {
    const fits = arrays.length === parameters.length;
    if (!fits || parameters.some(({ values }, index) => values.length !== arrays[index]?.length)) {
      throw new LetheError('training-failed', 'the saved progress belongs to another training', {
        field: 'resume',
        remedy:
          'Delete the folder .progress below the checkpoints. Lethe then trains the task from its beginning.',
      });
    }
  }
  parameters.forEach(({ values }, index) => {
    values.set(resume.parameters[index] as Float32Array);
  });
  return copied(resume.moments);
}

function diverged(epoch: number): LetheError {
  return new LetheError('training-failed', `the loss is not finite in epoch ${epoch}`, {
    field: 'learningRate',
    remedy: 'Lower the learning rate, and check that all vectors are finite.',
  });
}

/** A small task still takes so many steps an epoch, else its few epochs would not suffice... */
const FEWEST_STEPS = 4;
/** ...unless its batches became smaller than this. */
const SMALLEST_BATCH = 16;

/** Batches of nearly the same length, at most `batchSize`: a small last one would be a step of much noise. */
export function* batchesOf(order: Uint32Array, batchSize: number): Generator<Batch> {
  const size = Math.min(batchSize, Math.max(SMALLEST_BATCH, Math.ceil(order.length / FEWEST_STEPS)));
  const parts = Math.ceil(order.length / size);
  for (let part = 0; part < parts; part++) {
    const start = Math.round((part * order.length) / parts);
    const end = Math.round(((part + 1) * order.length) / parts);
    yield { rows: order.subarray(start, end), start };
  }
}

/** The loss of a batch and its gradient by every parameter, in host memory. */
export function lossAndGradients(
  tf: Tensorflow,
  parameters: readonly Parameter[],
  loss: Loss,
  batch: Batch,
): { value: number; gradients: Float32Array[] } {
  return computed(tf, () => {
    const tensors = parameters.map(({ values, shape }) => tf.tensor(values, [...shape], 'float32'));
    const { value, grads } = tf.valueAndGrads((...current: Tensor[]) => loss(current, batch))(tensors);
    const gradients = grads.map((gradient) => gradient.dataSync<'float32'>());
    return { value: value.dataSync<'float32'>()[0] as number, gradients };
  });
}
