import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { Rehearsal, TrainingTask } from '../trainer.js';
import { rowsOf, targetsOf } from './batch.js';
import type { SsreConfig } from './config.js';
import { featuresOf, stemOutputs } from './features.js';
import { fused, fusedTrunk } from './fusion.js';
import { headLogits, headOf, withTrained } from './head.js';
import type { LinearTensors } from './linear.js';
import { crossEntropy } from './losses.js';
import { blockLayers, type Linear, type SsreState, type Trunk, widthOf } from './network.js';
import { type Objective, optimise } from './optimise.js';
import { prototypesOf } from './prototypes.js';
import { permutation, type Random } from './random.js';
import { relu } from './relu.js';
import { expandedBlock, type SideBranch, zeroBranch } from './sideBranch.js';
import { foldedInto, type Standardisation, standardisationOf, standardised } from './standardise.js';
import { toTensors } from './trunk.js';

/** What a rehearsal learns from: rows of remembered classes, then those of the task; all in the order of the head. */
interface RehearsalData {
  /** What the frozen stem adds up before its ReLU, shape [n, width]. */
  readonly stemSums: Float32Array;
  /** Shape [n, dimension]. */
  readonly standardised: Float32Array;
  readonly labels: Int32Array;
  /** Rows of each class. */
  readonly rowsByClass: readonly Uint32Array[];
}

/** Where a rehearsal takes its random numbers from, and whom it tells of its epochs (counted from 1). */
interface RehearsalOptions {
  readonly randomFor: (
    purpose: 'rehearsal weights' | 'rehearsal epochs' | 'rehearsal prototypes',
    epoch?: number,
  ) => Random;
  readonly onEpoch: (epoch: number, loss: number) => Promise<void> | void | undefined;
}

/**
 * Goes on after an incremental task with vectors of all classes that are known: those of DB-CIL, which holds them
 * anyway. Side branches, this time beside the stem too, and the classifier learn by cross-entropy on as many vectors of
 * each class; the branches are fused as SSRE's are. Prototypes are made anew, since the features have changed. Classes
 * that were unlearned are not in DB-CIL: they take no part, and their rows and prototypes stay.
 * docs/decisions/0015-rehearsal-from-db-cil.md
 * @param state after the task
 * @param task with vectors of the remembered classes
 */
export async function rehearsed(
  tf: Tensorflow,
  state: SsreState,
  task: Pick<TrainingTask, 'classes' | 'vectors' | 'labels'> & { readonly rehearsal: Rehearsal },
  config: SsreConfig,
  { randomFor, onEpoch }: RehearsalOptions,
): Promise<SsreState> {
  const { rehearsal } = task;
  const width = widthOf(state.trunk);
  const classes = [...rehearsal.classes, ...task.classes];
  const indices = classes.map((name) => state.classes.indexOf(name));
  const vectors = joined(rehearsal.vectors, task.vectors);
  const labels = Int32Array.from([
    ...rehearsal.labels,
    ...task.labels.map((label) => label + rehearsal.classes.length),
  ]);
  const standardisation = standardisationOf(vectors, state.dimension, config.scale);
  const data: RehearsalData = {
    stemSums: sumsOf(tf, state.trunk.stem, vectors),
    standardised: standardised(vectors, standardisation),
    labels,
    rowsByClass: classes.map((_, label) =>
      Uint32Array.from([...labels.keys()].filter((row) => labels[row] === label)),
    ),
  };
  const random = randomFor('rehearsal weights');
  const branches = [state.trunk.stem, ...blockLayers(state.trunk)].map((layer) =>
    zeroBranch(layer, config.rehearsal.rank, random),
  );
  const head = headOf(state.head, indices, width);
  const objective = rehearsalObjective(tf, state.trunk, branches, head, data, config);
  try {
    await optimise(
      tf,
      objective,
      config.rehearsal,
      (epoch) => randomFor('rehearsal epochs', epoch),
      ({ epoch, loss }) => onEpoch(epoch, loss),
    );
  } finally {
    objective.dispose();
  }
  const [stemBranch, ...blockBranches] = branches;
  const { stem, blocks } = fusedTrunk(state.trunk, blockBranches);
  const trunk = { stem: withStemBranch(stem, stemBranch as SideBranch, standardisation), blocks };
  const features = featuresOf(tf, trunk, stemOutputs(tf, trunk.stem, vectors));
  const anew = prototypesOf(features, labels, classes.length, width, randomFor('rehearsal prototypes'));
  return {
    ...state,
    trunk,
    head: withTrained(state.head, head, indices, width),
    prototypes: state.prototypes.map((old, index) => anew[indices.indexOf(index)] ?? old),
  };
}

function rehearsalObjective(
  tf: Tensorflow,
  trunk: Trunk,
  branches: readonly SideBranch[],
  head: SsreState['head'],
  { stemSums, standardised: inputs, labels, rowsByClass }: RehearsalData,
  { rehearsal, temperature }: SsreConfig,
): Objective & { dispose(): void } {
  const width = widthOf(trunk);
  const classes = head.bias.length;
  const dimension = trunk.stem.inputs;
  const frozen = blockLayers(trunk).map((layer) => toTensors(tf, layer));
  const drawn = rowsByClass.map((rows) => Math.min(rows.length, rehearsal.perClass));
  return {
    parameters: [
      { values: head.rows, shape: [classes, width] },
      { values: head.bias, shape: [classes] },
      ...branches.flatMap(({ down, up, rank }) => [
        { values: down, shape: [down.length / rank, rank] },
        { values: up, shape: [rank, up.length / rank] },
      ]),
    ],
    examples: drawn.reduce((sum, count) => sum + count, 0),
    lossOf: (random) => {
      const chosen = rowsByClass.flatMap((rows, label) =>
        Array.from(permutation(rows.length, random).subarray(0, drawn[label]), (at) => rows[at] as number),
      );
      return ([rows, bias, stemDown, stemUp, ...sides], { rows: places }) => {
        const batch = places.map((place) => chosen[place] as number);
        const side = tf.matMul<Tensor2D>(
          tf.matMul(rowsOf(tf, inputs, dimension, batch), stemDown as Tensor2D),
          stemUp as Tensor2D,
        );
        let f = relu(tf, tf.add<Tensor2D>(rowsOf(tf, stemSums, width, batch), side));
        for (let layer = 0; layer < frozen.length; layer += 2) {
          const [downFirst, upFirst, downSecond, upSecond] = sides.slice(2 * layer) as Tensor2D[];
          const expanded = (offset: number, down?: Tensor2D, up?: Tensor2D) => ({
            frozen: frozen[layer + offset] as LinearTensors,
            down: down as Tensor2D,
            up: up as Tensor2D,
          });
          f = expandedBlock(tf, f, expanded(0, downFirst, upFirst), expanded(1, downSecond, upSecond), true);
        }
        const logits = headLogits(tf, f, rows as Tensor2D, bias as Tensor1D, temperature);
        return tf.mean<Scalar>(crossEntropy(tf, logits, targetsOf(tf, labels, batch, classes)));
      };
    },
    dispose: () => {
      for (const { weights, bias } of frozen) {
        weights.dispose();
        bias.dispose();
      }
    },
  };
}

/** x W + b of every vector: shape [n, outputs]. */
function sumsOf(tf: Tensorflow, layer: Linear, vectors: Float32Array): Float32Array {
  // ReLU(x W + b) - ReLU(-(x W + b)): by the function that computes the stem in portions.
  const negative = { ...layer, weights: layer.weights.map((w) => -w), bias: layer.bias.map((b) => -b) };
  const below = stemOutputs(tf, negative, vectors);
  return stemOutputs(tf, layer, vectors).map((value, at) => value - (below[at] as number));
}

/** The stem with the branch fused that worked on standardised vectors. */
function withStemBranch(stem: Linear, branch: SideBranch, standardisation: Standardisation): Linear {
  const { inputs, outputs } = stem;
  const zero = {
    inputs,
    outputs,
    weights: new Float32Array(inputs * outputs),
    bias: new Float32Array(outputs),
  };
  const side = foldedInto(fused(zero, branch), standardisation);
  return {
    inputs,
    outputs,
    weights: stem.weights.map((weight, at) => weight + (side.weights[at] as number)),
    bias: stem.bias.map((value, at) => value + (side.bias[at] as number)),
  };
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
