import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { TrainingTask } from '../trainer.js';
import type { SsreConfig } from './config.js';
import { featuresOf, stemOutputs } from './features.js';
import { fusedTrunk } from './fusion.js';
import { grownHead } from './head.js';
import { incrementalObjective } from './incrementalTask.js';
import { initialObjective } from './initialTask.js';
import { blockLayers, type SsreState, widthOf } from './network.js';
import { type EpochReport, optimise } from './optimise.js';
import { prototypesOf } from './prototypes.js';
import { randomOf } from './random.js';
import { zeroBranch } from './sideBranch.js';
import { foldedInto, standardisationOf, standardised } from './standardise.js';
import { initialTrunk } from './trunk.js';

/** Purposes of random numbers. */
const WEIGHTS = 0;
const EPOCH = 1;

export async function trainTask(
  tf: Tensorflow,
  state: SsreState | null,
  task: TrainingTask,
  config: SsreConfig,
  onEpoch: (report: EpochReport) => Promise<void> | void,
): Promise<SsreState> {
  if (state === null) return trainInitial(tf, task, config, onEpoch);
  return trainIncremental(tf, state, task, config, onEpoch);
}

async function trainInitial(
  tf: Tensorflow,
  task: TrainingTask,
  config: SsreConfig,
  onEpoch: (report: EpochReport) => Promise<void> | void,
): Promise<SsreState> {
  const { classes, vectors, labels } = task;
  const dimension = vectors.length / labels.length;
  const random = randomOf(config.seed, 0, WEIGHTS);
  const trunk = initialTrunk(dimension, config.width, config.blocks, random);
  const head = grownHead(
    { rows: new Float32Array(0), bias: new Float32Array(0) },
    classes.length,
    config.width,
    random,
  );
  const standardisation = standardisationOf(vectors, dimension);
  const data = { rows: standardised(vectors, standardisation), columns: dimension, labels };
  const objective = initialObjective(tf, trunk, head, data, config);
  await optimise(tf, objective, config.initial, (epoch) => randomOf(config.seed, 0, EPOCH, epoch), onEpoch);
  const folded = { stem: foldedInto(trunk.stem, standardisation), blocks: trunk.blocks };
  const features = featuresOf(tf, folded, stemOutputs(tf, folded.stem, vectors));
  return {
    dimension,
    tasks: 1,
    classes: [...classes],
    trunk: folded,
    head,
    prototypes: prototypesOf(features, labels, classes.length, config.width),
  };
}

async function trainIncremental(
  tf: Tensorflow,
  state: SsreState,
  task: TrainingTask,
  config: SsreConfig,
  onEpoch: (report: EpochReport) => Promise<void> | void,
): Promise<SsreState> {
  const width = widthOf(state.trunk);
  const random = randomOf(config.seed, state.tasks, WEIGHTS);
  const branches = blockLayers(state.trunk).map((layer) => zeroBranch(layer, config.rank, random));
  const remembered = [...state.classes.keys()].filter(
    (index) => !task.unlearned.includes(state.classes[index] as string),
  );
  const head = grownHead(rowsAt(state.head, remembered, width), task.classes.length, width, random);
  const stemOutput = stemOutputs(tf, state.trunk.stem, task.vectors);
  const teacher = featuresOf(tf, state.trunk, stemOutput);
  const objective = incrementalObjective(
    tf,
    state.trunk,
    branches,
    head,
    remembered.map((index) => state.prototypes[index] as SsreState['prototypes'][number]),
    { stemOutput, teacher, labels: task.labels },
    config,
  );
  try {
    const randomAt = (epoch: number) => randomOf(config.seed, state.tasks, EPOCH, epoch);
    await optimise(tf, objective, config.incremental, randomAt, onEpoch);
  } finally {
    objective.dispose();
  }
  const trunk = fusedTrunk(state.trunk, branches);
  const features = featuresOf(tf, trunk, stemOutput);
  return {
    dimension: state.dimension,
    tasks: state.tasks + 1,
    classes: [...state.classes, ...task.classes],
    trunk,
    head: merged(state.head, head, remembered, width),
    prototypes: [...state.prototypes, ...prototypesOf(features, task.labels, task.classes.length, width)],
  };
}

function rowsAt(head: SsreState['head'], indices: readonly number[], width: number): SsreState['head'] {
  const rows = new Float32Array(indices.length * width);
  indices.forEach((from, to) => {
    rows.set(head.rows.subarray(from * width, (from + 1) * width), to * width);
  });
  return { rows, bias: Float32Array.from(indices, (index) => head.bias[index] as number) };
}

function merged(
  old: SsreState['head'],
  trained: SsreState['head'],
  remembered: readonly number[],
  width: number,
): SsreState['head'] {
  const added = trained.bias.length - remembered.length;
  const rows = new Float32Array(old.rows.length + added * width);
  rows.set(old.rows);
  const bias = new Float32Array(old.bias.length + added);
  bias.set(old.bias);
  remembered.forEach((to, from) => {
    rows.set(trained.rows.subarray(from * width, (from + 1) * width), to * width);
    bias[to] = trained.bias[from] as number;
  });
  rows.set(trained.rows.subarray(remembered.length * width), old.rows.length);
  bias.set(trained.bias.subarray(remembered.length), old.bias.length);
  return { rows, bias };
}
