import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { rowsOf, targetsOf } from './batch.js';
import type { SsreConfig } from './config.js';
import { headLogits } from './head.js';
import type { LinearTensors } from './linear.js';
import { crossEntropy, distillationLoss, newClassLoss, similarityToOld } from './losses.js';
import { blockLayers, type Prototype, type SsreState, type Trunk, widthOf } from './network.js';
import type { Objective, Parameter } from './optimise.js';
import { meanOf } from './prototypes.js';
import { drawReplay, type Replay } from './replay.js';
import { expandedBlock, type SideBranch } from './sideBranch.js';
import { toTensors } from './trunk.js';

/** What an incremental task learns from. */
export interface IncrementalData {
  /** Outputs of the frozen stem, shape [n, width]. */
  readonly stemOutput: Float32Array;
  /** Features g of the network before the task, shape [n, width]. */
  readonly teacher: Float32Array;
  /** n class numbers, counted from the first new class. */
  readonly labels: Int32Array;
}

/**
 * A later task: side branches and classifier learn, all else is frozen. The loss is
 * mean_i (1 - s_i) CE(z_i / tau, y_i) + 10 CE(h(p) / tau) + 128 mean_i s_i ||f_i - g_i||_2.
 * @param branches trained in place, in the order of `blockLayers`
 * @param head rows of the remembered old classes and then of the new ones; trained in place
 * @param remembered prototypes of the old classes that are not unlearned, in the order of the head's first rows
 * @returns the objective; its tensors are freed by `dispose`
 */
export function incrementalObjective(
  tf: Tensorflow,
  trunk: Trunk,
  branches: readonly SideBranch[],
  head: SsreState['head'],
  remembered: readonly Prototype[],
  data: IncrementalData,
  config: SsreConfig,
): Objective & { dispose(): void } {
  const width = widthOf(trunk);
  const classes = head.bias.length;
  const examples = data.labels.length;
  const frozen = blockLayers(trunk).map((layer) => toTensors(tf, layer));
  const resemblance = resemblanceTo(tf, remembered, width, config.similarity);
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, width] },
    { values: head.bias, shape: [classes] },
    ...branches.flatMap(({ down, up, rank }) => [
      { values: down, shape: [down.length / rank, rank] },
      { values: up, shape: [rank, up.length / rank] },
    ]),
  ];

  const prototypeLoss = (replay: Replay, start: number, n: number, classify: Classify): Scalar => {
    const features = replay.features.subarray(start * width, (start + n) * width);
    const all = Uint32Array.from({ length: n }, (_, index) => start + index);
    const logits = classify(tf.tensor2d(features, [n, width]));
    return tf.mean<Scalar>(crossEntropy(tf, logits, targetsOf(tf, replay.labels, all, classes)));
  };

  return {
    parameters,
    examples,
    lossOf: (random) => {
      const replay = drawReplay(tf, remembered, remembered.length && examples, config.replayNoise, random);
      return ([rows, bias, ...sides], { rows: batch, start }) => {
        const classify: Classify = (features) =>
          headLogits(tf, features, rows as Tensor2D, bias as Tensor1D, config.temperature);
        let f = rowsOf(tf, data.stemOutput, width, batch);
        for (let layer = 0; layer < frozen.length; layer += 2) {
          const [downFirst, upFirst, downSecond, upSecond] = sides.slice(2 * layer) as Tensor2D[];
          f = expandedBlock(
            tf,
            f,
            { frozen: frozen[layer] as LinearTensors, down: downFirst as Tensor2D, up: upFirst as Tensor2D },
            {
              frozen: frozen[layer + 1] as LinearTensors,
              down: downSecond as Tensor2D,
              up: upSecond as Tensor2D,
            },
            layer > 0,
          );
        }
        const targets = targetsOf(tf, data.labels, batch, classes, { offset: remembered.length });
        if (remembered.length === 0) return tf.mean<Scalar>(crossEntropy(tf, classify(f), targets));

        const s = resemblance.of(f);
        const g = rowsOf(tf, data.teacher, width, batch);
        return tf.addN<Scalar>([
          newClassLoss(tf, classify(f), targets, s),
          tf.mul<Scalar>(config.prototypeWeight, prototypeLoss(replay, start, batch.length, classify)),
          tf.mul<Scalar>(config.distillationWeight, distillationLoss(tf, f, g, s)),
        ]);
      };
    },
    dispose: () => {
      resemblance.dispose();
      for (const { weights, bias } of frozen) {
        weights.dispose();
        bias.dispose();
      }
    },
  };
}

type Classify = (features: Tensor2D) => Tensor2D;

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
