import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { LetheError } from '../../domain/errors.js';
import { computed } from '../tensorflow/computed.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { adamStep, initialMoments, type Moments } from './adam.js';
import type { Schedule } from './config.js';
import { permutation, type Random } from './random.js';
import { learningRateAt } from './schedule.js';

/** A trained array: its numbers, changed in place, and its shape on the device. */
export interface Parameter {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** What is minimised. */
export interface Objective {
  readonly parameters: readonly Parameter[];
  /** Number of training vectors. */
  readonly examples: number;
  /**
   * The loss of a batch.
   * @param parameters on the device, in the order of {@link parameters}
   * @param batch numbers of the vectors
   * @param random for what the batch draws
   */
  loss(parameters: readonly Tensor[], batch: Uint32Array, random: Random): Scalar;
}

/** Where an interrupted training continues. */
export interface Progress {
  /** Epochs finished. */
  readonly epochs: number;
  readonly moments: Moments;
}

/** What is known after an epoch. */
export interface EpochReport extends Progress {
  /** Mean loss of the epoch's batches. */
  readonly loss: number;
}

/**
 * Minimises the objective with Adam; its parameters change in place.
 * @param randomAt the random numbers of an epoch, counted from 0
 * @param onEpoch called and awaited after every epoch: what it does (a report, a checkpoint) is done between epochs
 */
export async function optimise(
  tf: Tensorflow,
  objective: Objective,
  schedule: Schedule,
  randomAt: (epoch: number) => Random,
  onEpoch: (report: EpochReport) => Promise<void> | void,
  from: Progress = { epochs: 0, moments: initialMoments(objective.parameters) },
): Promise<void> {
  const { parameters, examples } = objective;
  const { moments } = from;
  for (let epoch = from.epochs; epoch < schedule.epochs; epoch++) {
    const random = randomAt(epoch);
    const order = permutation(examples, random);
    const learningRate = learningRateAt(epoch, schedule);
    let total = 0;
    for (const batch of evenParts(order, schedule.batchSize)) {
      const { loss, gradients } = lossAndGradients(tf, objective, batch, random);
      adamStep(parameters, gradients, moments, learningRate, schedule.weightDecay);
      total += loss * batch.length;
    }
    if (!Number.isFinite(total)) throw diverged(epoch + 1);
    await onEpoch({ epochs: epoch + 1, moments, loss: total / examples });
  }
}

function diverged(epoch: number): LetheError {
  return new LetheError('training-failed', `the loss is not finite in epoch ${epoch}`, {
    field: 'learningRate',
    remedy: 'Lower the learning rate, and check that all vectors are finite.',
  });
}

/** Parts of nearly the same length, at most `size`: a small last batch would be a step of much noise. */
function* evenParts(order: Uint32Array, size: number): Generator<Uint32Array> {
  const parts = Math.ceil(order.length / size);
  for (let part = 0; part < parts; part++) {
    const [start, end] = [part, part + 1].map((edge) => Math.round((edge * order.length) / parts));
    yield order.subarray(start, end);
  }
}

/** The loss of a batch and its gradient by every parameter, in host memory. */
export function lossAndGradients(
  tf: Tensorflow,
  { parameters, loss }: Objective,
  batch: Uint32Array,
  random: Random,
): { loss: number; gradients: Float32Array[] } {
  return computed(tf, () => {
    const tensors = parameters.map(({ values, shape }) => tf.tensor(values, [...shape], 'float32'));
    const { value, grads } = tf.valueAndGrads((...current: Tensor[]) => loss(current, batch, random))(
      tensors,
    );
    const gradients = grads.map((gradient) => gradient.dataSync<'float32'>());
    return { loss: value.dataSync<'float32'>()[0] as number, gradients };
  });
}
