import { setImmediate } from 'node:timers/promises';
import { LetheError } from '../../domain/errors.js';
import { joined } from '../calibration/byContent.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import type { ClassVectors, TrainingTask } from '../trainer.js';
import { temperatureFactorOf } from './calibrate.js';
import type { SsreConfig } from './config.js';
import { featuresOf, stemOutputs } from './features.js';
import { fusedTrunk } from './fusion.js';
import { withoutHeldOut } from './heldOut.js';
import { incrementalObjective } from './incrementalTask.js';
import { initialObjective } from './initialTask.js';
import { learnTask, NOTHING_LEARNED, type OnEpoch } from './learnTask.js';
import { blockLayers, type SsreState, widthOf } from './network.js';
import type { EpochReport, OptimiserState } from './optimise.js';
import { rehearsed } from './rehearsal.js';
import { zeroBranch } from './sideBranch.js';
import { foldedInto, standardisationOf, standardised } from './standardise.js';
import { randomOfTask } from './taskRandom.js';
import { initialTrunk } from './trunk.js';

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
  if (!config.calibrate) return trained(tf, state, task, config, onEpoch, resume);
  const dimension = task.vectors.length / task.labels.length;
  const own = withoutHeldOut(task, dimension);
  const old = task.rehearsal && withoutHeldOut(task.rehearsal, dimension);
  const lesson = { ...task, ...own.kept, ...(old && { rehearsal: old.kept }) };
  const next = await trained(tf, state, lesson, config, onEpoch, resume);
  // Vectors of the new classes alone say nothing of the old ones.
  if (state !== null && !old) return { ...next, temperatureFactor: state.temperatureFactor };
  const split = old ? { kept: joined(old.kept, own.kept), heldOut: joined(old.heldOut, own.heldOut) } : own;
  const trainAnew = (vectors: ClassVectors): Promise<SsreState> =>
    trainInitial(tf, vectors, config, () => setImmediate());
  return { ...next, temperatureFactor: await temperatureFactorOf(tf, next, split, config, trainAnew) };
}

/** {@link trainTask} on all vectors that it is given; the temperature stays as it is set. */
async function trained(
  tf: Tensorflow,
  state: SsreState | null,
  task: TrainingTask,
  config: SsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<SsreState> {
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
  task: ClassVectors,
  config: SsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<SsreState> {
  const { vectors, labels } = task;
  const dimension = vectors.length / labels.length;
  const standardisation = standardisationOf(vectors, dimension, config.scale);
  const data = { vectors: standardised(vectors, standardisation), labels };
  const learned = await learnTask(
    tf,
    NOTHING_LEARNED,
    task,
    { seed: config.seed, schedule: config.initial },
    (random) => {
      const trunk = initialTrunk(dimension, config.width, config.blocks, random);
      return {
        width: config.width,
        objective: (head) => initialObjective(tf, trunk, head, data, config),
        finished: () => {
          const folded = { stem: foldedInto(trunk.stem, standardisation), blocks: trunk.blocks };
          return { trunk: folded, features: featuresOf(tf, folded, stemOutputs(tf, folded.stem, vectors)) };
        },
      };
    },
    onEpoch,
    resume,
  );
  return { ...learned, dimension, temperatureFactor: 1 };
}

/** Side branches and classifier learn beside the frozen trunk; the branches are fused into it afterwards. */
async function trainIncremental(
  tf: Tensorflow,
  state: SsreState,
  task: TrainingTask,
  config: SsreConfig,
  onEpoch: OnEpoch,
  resume?: OptimiserState,
): Promise<SsreState> {
  const { trunk, dimension } = state;
  const stemOutput = stemOutputs(tf, trunk.stem, task.vectors);
  const data = { stemOutput, teacher: featuresOf(tf, trunk, stemOutput), labels: task.labels };
  const learned = await learnTask(
    tf,
    state,
    task,
    { seed: config.seed, schedule: config.incremental },
    (random) => {
      const branches = blockLayers(trunk).map((layer) => zeroBranch(layer, config.rank, random));
      return {
        width: widthOf(trunk),
        objective: (head, prototypes) =>
          incrementalObjective(tf, trunk, branches, head, prototypes, data, config),
        finished: () => {
          const fused = fusedTrunk(trunk, branches);
          return { trunk: fused, features: featuresOf(tf, fused, stemOutput) };
        },
      };
    },
    onEpoch,
    resume,
  );
  return { ...learned, dimension, temperatureFactor: 1 };
}
