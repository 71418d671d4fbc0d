import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { LetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { Trainer } from '../model/trainer.js';
import { abandonTask } from './abandonTask.js';
import { gatherTask } from './gatherTask.js';
import { installModel, type ModelMaking, tellEpochs } from './installModel.js';
import { markTrained } from './markTrained.js';
import type { Perseverance } from './persevere.js';
import type { Announcement, CollectedTask } from './task.js';

/** What training works with. */
export interface TrainingCollaborators extends ModelMaking {
  readonly trainer: Trainer;
  /** How long a task is held on to that can't be trained now. */
  readonly perseverance: Perseverance;
}

/** Trains a task and makes its model the current one. @throws what training or loading failed with */
export async function trainTask(
  collected: CollectedTask,
  collaborators: TrainingCollaborators,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  const { trainer, store } = collaborators;
  const { announcement } = collected;
  const { task } = announcement;
  if (collected.outcome === 'timeout') throw missingSamples(collected);

  const started = performance.now();
  const gathered = await gatherTask(announcement, store, trainer);
  if (!gathered) {
    const modelVersion = await endWithCurrent(announcement, store);
    emit({ kind: 'task-finished', task, modelVersion, ms: performance.now() - started });
    return;
  }
  const { training, before } = gathered;
  const { classes } = training;
  emit({ kind: 'task-started', task, classes: [...classes], samples: training.labels.length });
  const model = await trainer.train(training, tellEpochs(task, emit));
  await installModel(model, collaborators, emit, async () => {
    await markTrained({ announcement, classes, before, model }, store);
    return model;
  });
  emit({ kind: 'task-finished', task, modelVersion: model.version, ms: performance.now() - started });
}

/** Nothing is left to train: a task that was under way when this one was opened has learned its classes. */
async function endWithCurrent(
  { task: name, classes, samples }: Announcement,
  { registry }: KnowledgeStore,
): Promise<string> {
  const { model } = await registry.update(() => ({
    putTasks: [{ name, state: 'finished', classes, samples }],
  }));
  return model?.version ?? 'none';
}

/** Ends a task that can't be trained; its classes are again what they were before. */
export async function failTask(
  { announcement }: CollectedTask,
  error: LetheError,
  { store }: TrainingCollaborators,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  await abandonTask(announcement, store);
  emit({ kind: 'task-failed', task: announcement.task, error: error.toJSON() });
}

function missingSamples({ announcement, stored, refused, nameless, ms }: CollectedTask): LetheError {
  const missing = announcement.samples - stored - refused;
  return new LetheError(
    'task-timeout',
    `${missing} of ${announcement.samples} samples of task "${announcement.task}" did not arrive in time`,
    {
      field: 'samples',
      value: String(announcement.samples),
      remedy:
        'Send the learn command again under a new id, then the missing samples; Lethe keeps the stored ones. For classes that were ' +
        'erased before, send all samples again. For classes that were unlearned before, send a relearn command.',
      evidence: {
        expected: announcement.samples,
        stored,
        refused,
        refusedWithoutId: nameless,
        missing,
        waitedMs: Math.round(ms),
      },
    },
  );
}
