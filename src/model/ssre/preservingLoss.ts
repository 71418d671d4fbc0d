import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { targetsOf } from './batch.js';
import type { SsreConfig } from './config.js';
import { headLogits } from './head.js';
import { crossEntropy, distillationLoss, newClassLoss, similarityToOld } from './losses.js';
import type { Prototype } from './network.js';
import type { Batch } from './optimise.js';
import { meanOf } from './prototypes.js';
import type { Random } from './random.js';
import { drawReplay } from './replay.js';

/** The settings of SSRE's losses, whatever the trunk. */
export type LossConfig = Pick<
  SsreConfig,
  'temperature' | 'replayNoise' | 'similarity' | 'prototypeWeight' | 'distillationWeight'
>;

/** What the loss of a batch is computed from. */
export interface Observed {
  /** Features f, shape [n, width]. */
  readonly features: Tensor2D;
  /** Features g of the network before the task, shape [n, width]; asked for only where an old class is remembered. */
  readonly teacher: () => Tensor2D;
  /** The classifier: rows [classes, width], first of the remembered classes, and their biases [classes]. */
  readonly rows: Tensor2D;
  readonly bias: Tensor1D;
  readonly batch: Batch;
}

/** The losses of an incremental task. */
export interface PreservingLoss {
  /** The loss of a batch during one epoch, for which the replay is drawn at once. */
  ofEpoch(random: Random): (observed: Observed) => Scalar;
  dispose(): void;
}

/**
 * The loss of a later task, whatever the trunk:
 * mean_i (1 - s_i) CE(z_i / tau, y_i) + 10 CE(h(p) / tau) + 128 mean_i s_i ||f_i - g_i||_2; the plain cross-entropy where
 * nothing is remembered.
 * @param remembered prototypes of the old classes that are not unlearned, in the order of the classifier's first rows
 * @param labels n class numbers, counted from the first new class
 * @param classes remembered and new ones
 */
export function preservingLoss(
  tf: Tensorflow,
  remembered: readonly Prototype[],
  labels: Int32Array,
  { classes, width }: { readonly classes: number; readonly width: number },
  config: LossConfig,
): PreservingLoss {
  const resemblance = resemblanceTo(tf, remembered, width, config.similarity);
  return {
    ofEpoch: (random) => {
      const replay = drawReplay(
        tf,
        remembered,
        remembered.length && labels.length,
        config.replayNoise,
        random,
      );
      return ({ features: f, teacher, rows, bias, batch }) => {
        const n = batch.rows.length;
        const classify = (features: Tensor2D): Tensor2D =>
          headLogits(tf, features, rows, bias, config.temperature);
        const prototypeLoss = (): Scalar => {
          const features = replay.features.subarray(batch.start * width, (batch.start + n) * width);
          const all = Uint32Array.from({ length: n }, (_, index) => batch.start + index);
          const logits = classify(tf.tensor2d(features, [n, width]));
          return tf.mean<Scalar>(crossEntropy(tf, logits, targetsOf(tf, replay.labels, all, classes)));
        };

        const targets = targetsOf(tf, labels, batch.rows, classes, { offset: remembered.length });
        if (remembered.length === 0) return tf.mean<Scalar>(crossEntropy(tf, classify(f), targets));
        const s = resemblance.of(f);
        return tf.addN<Scalar>([
          newClassLoss(tf, classify(f), targets, s),
          tf.mul<Scalar>(config.prototypeWeight, prototypeLoss()),
          tf.mul<Scalar>(config.distillationWeight, distillationLoss(tf, f, teacher(), s)),
        ]);
      };
    },
    dispose: resemblance.dispose,
  };
}

/**
 * s_i by the prototypes: their cosines with the features (`raw`, SSRE), or those of both less the prototypes' mean
 * (`centred`). Features after a ReLU have a common part by which everything resembles everything; less it, s_i tells more.
 */
function resemblanceTo(
  tf: Tensorflow,
  prototypes: readonly Prototype[],
  width: number,
  similarity: SsreConfig['similarity'],
): { of(features: Tensor2D): Tensor1D; dispose(): void } {
  const means = prototypes.map(({ mean }) => mean);
  const common =
    similarity === 'centred' && means.length > 1 ? meanOf(means, width) : new Float32Array(width);
  const directions = new Float32Array(width * means.length);
  means.forEach((mean, k) => {
    const rest = mean.map((value, i) => value - (common[i] as number));
    const length = Math.hypot(...rest) || 1;
    rest.forEach((value, i) => {
      directions[i * means.length + k] = value / length;
    });
  });
  const columns = tf.tensor2d(directions, [width, means.length]);
  const origin = tf.tensor1d(common);
  return {
    of: (features) => similarityToOld(tf, tf.sub<Tensor2D>(features, origin), columns),
    dispose: () => {
      columns.dispose();
      origin.dispose();
    },
  };
}
