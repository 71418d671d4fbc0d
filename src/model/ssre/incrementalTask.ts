import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { SsreConfig } from './config.js';
import { headLogits } from './head.js';
import { rowsOf, type TaskData, targetsOf } from './initialTask.js';
import { crossEntropy, distillationLoss, newClassLoss, similarityToOld } from './losses.js';
import { blockLayers, type Prototype, type SsreState, type Trunk, widthOf } from './network.js';
import type { Objective, Parameter } from './optimise.js';
import { drawReplay } from './replay.js';
import { expandedLinear, type SideBranch } from './sideBranch.js';
import { toTensors } from './trunk.js';

/** What an incremental task learns from. */
export interface IncrementalData {
  /** Outputs of the frozen stem, shape [n, width]. */
  readonly stemOutput: Float32Array;
  /** Features g of the network before the task, shape [n, width]. */
  readonly teacher: Float32Array;
  readonly labels: Int32Array;
}

/**
 * A later task: side branches and classifier learn, all else is frozen. The loss is
 * mean_i (1 - s_i) CE(z_i / tau, y_i) + 10 CE(h(p) / tau) + 128 mean_i s_i ||f_i - g_i||_2.
 * @param branches trained in place, in the order of `blockLayers`
 * @param head rows of the remembered old classes and then of the new ones; trained in place
 * @param remembered prototypes of the old classes that are not unlearned, in the order of the head's first rows
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
  const frozen = blockLayers(trunk).map((layer) => toTensors(tf, layer));
  const directions = tf.tidy(() => tf.transpose(unitRows(tf, remembered, width)));
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, width] },
    { values: head.bias, shape: [classes] },
    ...branches.flatMap(({ down, up, rank }) => [
      { values: down, shape: [down.length / rank, rank] },
      { values: up, shape: [rank, up.length / rank] },
    ]),
  ];
  const task: TaskData = { rows: data.stemOutput, columns: width, labels: data.labels };

  return {
    parameters,
    examples: data.labels.length,
    loss: ([rows, bias, ...sides], batch, random) => {
      const classify = (features: Tensor2D): Tensor2D =>
        headLogits(tf, features, rows as Tensor2D, bias as Tensor1D, config.temperature);
      const expanded = (x: Tensor2D, layer: number, inputGradient: boolean): Tensor2D => {
        const [down, up] = [sides[2 * layer], sides[2 * layer + 1]] as [Tensor2D, Tensor2D];
        return expandedLinear(tf, x, frozen[layer] as (typeof frozen)[number], down, up, inputGradient);
      };
      let f = rowsOf(tf, task, batch);
      for (let layer = 0; layer < branches.length; layer += 2) {
        const inner = tf.relu(expanded(f, layer, layer > 0));
        f = tf.relu(tf.add<Tensor2D>(f, expanded(inner, layer + 1, true)));
      }
      const targets = targetsOf(tf, task, batch, classes, remembered.length);
      if (remembered.length === 0) return tf.mean<Scalar>(crossEntropy(tf, classify(f), targets));

      const similarity = similarityToOld(tf, f, directions);
      const g = rowsOf(tf, { rows: data.teacher, columns: width }, batch);
      const replay = drawReplay(remembered, batch.length, config.replayNoise, random);
      const old = classify(tf.tensor2d(replay.features, [batch.length, width]));
      const oldTargets = tf
        .oneHot(tf.tensor1d(Int32Array.from(replay.drawn), 'int32'), classes)
        .toFloat() as Tensor2D;
      return tf.addN<Scalar>([
        newClassLoss(tf, classify(f), targets, similarity),
        tf.mul<Scalar>(config.prototypeWeight, tf.mean<Scalar>(crossEntropy(tf, old, oldTargets))),
        tf.mul<Scalar>(config.distillationWeight, distillationLoss(tf, f, g, similarity)),
      ]);
    },
    dispose: () => {
      directions.dispose();
      for (const { weights, bias } of frozen) {
        weights.dispose();
        bias.dispose();
      }
    },
  };
}

function unitRows(tf: Tensorflow, prototypes: readonly Prototype[], width: number): Tensor2D {
  const rows = new Float32Array(prototypes.length * width);
  prototypes.forEach(({ mean }, index) => {
    rows.set(mean, index * width);
  });
  const means = tf.tensor2d(rows, [prototypes.length, width]);
  return tf.div<Tensor2D>(means, tf.add(tf.norm(means, 'euclidean', 1, true), 1e-12));
}
