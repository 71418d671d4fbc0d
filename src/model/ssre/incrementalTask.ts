import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { rowsOf } from './batch.js';
import type { SsreConfig } from './config.js';
import type { LinearTensors } from './linear.js';
import { blockLayers, type Prototype, type SsreState, type Trunk, widthOf } from './network.js';
import type { Objective, Parameter } from './optimise.js';
import { preservingLoss } from './preservingLoss.js';
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
 * A later task: side branches and classifier learn by the {@link preservingLoss}, all else is frozen.
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
  const loss = preservingLoss(tf, remembered, data.labels, { classes, width }, config);
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, width] },
    { values: head.bias, shape: [classes] },
    ...branches.flatMap(({ down, up, rank }) => [
      { values: down, shape: [down.length / rank, rank] },
      { values: up, shape: [rank, up.length / rank] },
    ]),
  ];

  return {
    parameters,
    examples,
    lossOf: (random) => {
      const lossOf = loss.ofEpoch(random);
      return ([rows, bias, ...sides], batch) => {
        let f = rowsOf(tf, data.stemOutput, width, batch.rows);
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
        return lossOf({
          features: f,
          teacher: () => rowsOf(tf, data.teacher, width, batch.rows),
          rows: rows as Tensor2D,
          bias: bias as Tensor1D,
          batch,
        });
      };
    },
    dispose: () => {
      loss.dispose();
      for (const { weights, bias } of frozen) {
        weights.dispose();
        bias.dispose();
      }
    },
  };
}
