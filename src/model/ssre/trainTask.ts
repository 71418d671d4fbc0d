import { LetheError } from '../../domain/errors.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { TrainingTask } from '../trainer.js';
import type { SsreConfig } from './config.js';
import { featuresOf, stemOutputs } from './features.js';
import { fusedTrunk } from './fusion.js';
import { grownHead, headOf, withTrained } from './head.js';
import { incrementalObjective } from './incrementalTask.js';
import { initialObjective } from './initialTask.js';
import { blockLayers, type Prototype, type SsreState, widthOf } from './network.js';
import { type EpochReport, type OptimiserState, optimise } from './optimise.js';
import { prototypesOf } from './prototypes.js';
import { rehearsed } from './rehearsal.js';
import { zeroBranch } from './sideBranch.js';
import { foldedInto, standardisationOf, standardised } from './standardise.js';
import { randomOfTask } from './taskRandom.js';
import { initialTrunk } from './trunk.js';

/** Called and awaited after every epoch. */
export type OnEpoch = (report: EpochReport) => Promise<void> | void;

/**
 * Trains one task on top of `state`, by SSRE over embeddings (docs/decisions/0004-ssre-over-embeddings.md).
 * @param state what is known so far; null before the first task
 * @param task its classes must be new, its vectors of the state's dimension
 * @param resume where a broken-off training of the same task on the same state was: it goes on from there
 * @returns what is known afterwards; `state` stays as it is
 * @throws LetheError `invalid-vector` where a number is not finite, `training-failed` where the loss is no longer finite
 */
export async function trainTask(
  tf: Tensorflow,
  state: SsreState | null,
  task: TrainingTask,
  config: SsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<SsreState> {
  checkFinite(task);
  if (state === null) return trainInitial(tf, task, config, onEpoch, resume);
  let last: EpochReport | undefined;
  const learned = await trainIncremental(
    tf,
    state,
    task,
    config,
    (report) => {
      last = report;
      return onEpoch(report);
    },
    resume,
  );
  if (!task.rehearsal) return learned;
  // A crash in the rehearsal costs the rehearsal: it is gone on from the end of the epochs before it.
  const saved = last?.state ?? resume;
  return rehearsed(tf, learned, { ...task, rehearsal: task.rehearsal }, config, {
    randomFor: randomOfTask(config.seed, state.tasks),
    onEpoch: (epoch, loss) =>
      saved && onEpoch({ epoch: config.incremental.epochs + epoch, loss, state: saved }),
  });
}

/** A backend may turn NaN into 0 on its way through a ReLU: what is wrong would not show in the loss. */
function checkFinite({ vectors, labels }: TrainingTask): void {
  const at = vectors.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const row = Math.floor(at / (vectors.length / labels.length));
  throw new LetheError('invalid-vector', `vector ${row} of the task is not finite`, {
    field: `vectors.${row}`,
    value: String(vectors[at]),
    remedy: 'Train only on finite vectors.',
  });
}

/** All of a new network learns; the standardisation of its inputs is folded into the stem afterwards. */
async function trainInitial(
  tf: Tensorflow,
  { classes, vectors, labels }: TrainingTask,
  config: SsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<SsreState> {
  const randomFor = randomOfTask(config.seed, 0);
  const dimension = vectors.length / labels.length;
  const random = randomFor('weights');
  const trunk = initialTrunk(dimension, config.width, config.blocks, random);
  const none = { rows: new Float32Array(0), bias: new Float32Array(0) };
  const head = grownHead(none, classes.length, config.width, random);
  const standardisation = standardisationOf(vectors, dimension);
  const data = { vectors: standardised(vectors, standardisation), labels };
  const objective = initialObjective(tf, trunk, head, data, config);
  await optimise(tf, objective, config.initial, (epoch) => randomFor('epochs', epoch), onEpoch, resume);

  const folded = { stem: foldedInto(trunk.stem, standardisation), blocks: trunk.blocks };
  const features = featuresOf(tf, folded, stemOutputs(tf, folded.stem, vectors));
  return {
    dimension,
    tasks: 1,
    classes: [...classes],
    trunk: folded,
    head,
    prototypes: prototypesOf(features, labels, classes.length, config.width, randomFor('prototypes')),
  };
}

/** Side branches and classifier learn beside the frozen trunk; the branches are fused into it afterwards. */
async function trainIncremental(
  tf: Tensorflow,
  state: SsreState,
  { classes, vectors, labels, unlearned }: TrainingTask,
  config: SsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<SsreState> {
  const randomFor = randomOfTask(config.seed, state.tasks);
  const width = widthOf(state.trunk);
  // What is unlearned is neither replayed, nor resembled, nor in the softmax, and its row stays as it is.
  const remembered = [...state.classes.keys()].filter(
    (index) => !unlearned.includes(state.classes[index] as string),
  );
  const random = randomFor('weights');
  const branches = blockLayers(state.trunk).map((layer) => zeroBranch(layer, config.rank, random));
  const head = grownHead(headOf(state.head, remembered, width), classes.length, width, random);
  const stemOutput = stemOutputs(tf, state.trunk.stem, vectors);
  const objective = incrementalObjective(
    tf,
    state.trunk,
    branches,
    head,
    remembered.map((index) => state.prototypes[index] as Prototype),
    { stemOutput, teacher: featuresOf(tf, state.trunk, stemOutput), labels },
    config,
  );
  try {
    await optimise(tf, objective, config.incremental, (epoch) => randomFor('epochs', epoch), onEpoch, resume);
  } finally {
    objective.dispose();
  }

  const trunk = fusedTrunk(state.trunk, branches);
  const features = featuresOf(tf, trunk, stemOutput);
  const prototypes = prototypesOf(features, labels, classes.length, width, randomFor('prototypes'));
  return {
    dimension: state.dimension,
    tasks: state.tasks + 1,
    classes: [...state.classes, ...classes],
    trunk,
    head: withTrained(state.head, head, remembered, width),
    prototypes: [...state.prototypes, ...prototypes],
  };
}
