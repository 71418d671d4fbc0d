import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import { stacked } from 'lethe/internal/domain/vector.js';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import type { Rehearsal, Trainer, TrainingProgress, TrainingTask } from 'lethe/internal/model/trainer.js';
import type { ClassKnowledge } from './knowledge.js';

/** A model that a baseline trained, and how long that took. */
export interface BaselineModel {
  readonly model: ModelVersion;
  readonly classifier: Classifier;
  /** From the task's start in the trainer to the end of its last epoch: neither the start of the trainer nor writing counts. */
  readonly seconds: number;
}

/** Takes one step of a trainer: its model, loaded, and its time. */
export async function timedStep(
  take: (onProgress: (progress: TrainingProgress) => void) => Promise<ModelVersion>,
  load: (model: ModelVersion) => Promise<Classifier>,
  onProgress: (progress: TrainingProgress) => void,
): Promise<BaselineModel> {
  let ms = 0;
  const model = await take((progress) => {
    ms = progress.ms;
    onProgress(progress);
  });
  return { model, classifier: await load(model), seconds: ms / 1000 };
}

/** A task for a trainer from what is known of its classes. */
export function trainingTask(
  task: string,
  classes: readonly string[],
  knowledge: ReadonlyMap<string, ClassKnowledge>,
  dimension: number,
  unlearned: readonly string[] = [],
): TrainingTask {
  const rows = classes.flatMap((name, label) =>
    (knowledge.get(name)?.vectors ?? []).map(({ vector }) => ({ vector, label })),
  );
  return {
    task,
    classes,
    vectors: stacked(
      rows.map(({ vector }) => vector),
      dimension,
    ),
    labels: Int32Array.from(rows, ({ label }) => label),
    unlearned,
  };
}

/**
 * Vectors of classes learned before, as many as the trainer wants: evenly spread over each class's, which lie in no
 * particular order.
 */
export function rehearsalFor(
  classes: readonly string[],
  knowledge: ReadonlyMap<string, ClassKnowledge>,
  dimension: number,
  { perClass }: NonNullable<Trainer['rehearsal']>,
): Rehearsal {
  const { vectors, labels } = trainingTask(
    '',
    classes,
    new Map(
      classes.flatMap((name) => {
        const known = knowledge.get(name);
        if (!known) return [];
        const step = Math.max(1, known.vectors.length / perClass);
        const chosen = known.vectors.filter((_, at) => Math.floor((at + 1) / step) > Math.floor(at / step));
        return [[name, { ...known, vectors: chosen }] as const];
      }),
    ),
    dimension,
  );
  return { classes, vectors, labels };
}

/** Trains tasks one on top of the other with the trainer that live learning uses; closes it at the end. */
export async function trainSequence(
  tasks: readonly TrainingTask[],
  { trainer, load }: { trainer: Trainer; load: (model: ModelVersion) => Promise<Classifier> },
  onProgress: (task: TrainingTask, progress: TrainingProgress) => void,
): Promise<BaselineModel[]> {
  const models: BaselineModel[] = [];
  try {
    for (const task of tasks) {
      const train = (told: (progress: TrainingProgress) => void) => trainer.train(task, told);
      models.push(await timedStep(train, load, (progress) => onProgress(task, progress)));
    }
  } finally {
    await trainer.close();
  }
  return models;
}
