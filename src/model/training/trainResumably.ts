import { madeBy, type SsreCheckpoint, type StoredCheckpoint } from '../checkpoint/checkpoint.js';
import { writeCheckpoint } from '../checkpoint/writeCheckpoint.js';
import type { SsreConfig } from '../ssre/config.js';
import type { OnEpoch } from '../ssre/learnTask.js';
import type { SsreState } from '../ssre/network.js';
import { trainTask } from '../ssre/trainTask.js';
import type { LoadedTensorflow } from '../tensorflow/loadTensorflow.js';
import type { TrainingNotice } from '../trainer.js';
import { findFinished, rememberFinished } from './finished.js';
import { type ProgressFile, progressFile } from './progressFile.js';
import { sparingly } from './sparingly.js';
import { type KeyedTask, taskKey } from './taskKey.js';

/** What a training says on its way. */
export interface TrainingListeners {
  readonly onEpoch: OnEpoch;
  readonly onNotice: (notice: TrainingNotice) => void;
}

/**
 * Trains a task and writes its checkpoint, so that a crash costs little: the progress is saved between epochs, the same
 * task goes on from there, and one that was trained already is found. The checkpoint is the same as without a crash.
 * @param checkpoints folder of the checkpoints; progress and the list of finished trainings lie in it as well
 * @param baseState the state of `task.base`, asked for only if something is trained
 */
export async function trainResumably(
  { tf, backend }: Pick<LoadedTensorflow, 'tf' | 'backend'>,
  checkpoints: string,
  task: Omit<KeyedTask, 'backend' | 'config'> & { readonly config: SsreConfig },
  baseState: () => Promise<SsreState | null>,
  { onEpoch, onNotice }: TrainingListeners,
): Promise<{ readonly stored: StoredCheckpoint; readonly checkpoint: SsreCheckpoint }> {
  const key = taskKey({ ...task, backend });
  const progress = progressFile(checkpoints, key);
  const finished = await findFinished(checkpoints, key);
  if (finished !== null) {
    onNotice({ kind: 'found', version: finished.stored.version });
    await progress.clear();
    return { ...finished, checkpoint: madeBy('ssre', finished.checkpoint) };
  }
  const resume = await resumeFrom(progress, onNotice);
  const unsaved = (error: unknown): void => onNotice({ kind: 'unsaved', reason: String(error) });
  const save = sparingly(progress.save, unsaved);
  const state = await trainTask(
    tf,
    await baseState(),
    task,
    task.config,
    async (report) => {
      // Saved first: who hears of an epoch may rely on it.
      await save(report.state);
      await onEpoch(report);
    },
    resume,
  );
  const checkpoint: SsreCheckpoint = {
    learner: 'ssre',
    state,
    task: task.task,
    config: task.config,
    backend,
  };
  const stored = await writeCheckpoint(checkpoints, checkpoint);
  await rememberFinished(checkpoints, key, stored).catch(unsaved);
  await progress.clear();
  return { stored, checkpoint };
}

async function resumeFrom(
  progress: ProgressFile,
  onNotice: TrainingListeners['onNotice'],
): Promise<Parameters<typeof trainTask>[5]> {
  const found = await progress.read();
  if (found.kind === 'damaged') onNotice({ kind: 'restarted', reason: found.reason });
  if (found.kind !== 'found') return undefined;
  onNotice({ kind: 'resumed', epoch: found.state.epoch });
  return found.state;
}
