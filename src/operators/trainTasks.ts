import { concatMap, Observable, type OperatorFunction } from 'rxjs';
import { type ClassRecord, classesIn, FORGOTTEN } from '../domain/classes.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { ModelVersion } from '../domain/messages/model.js';
import { normalised, rowOf, stacked } from '../domain/vector.js';
import type { Rehearsal, Trainer, TrainingTask } from '../model/trainer.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';
import type { CollectedTask } from './collectTasks.js';
import { gatherVectors } from './gatherVectors.js';
import type { InTurn } from './inTurn.js';
import { sampleVectors } from './sampleVectors.js';

/** What training works with. */
export interface TrainingCollaborators {
  readonly trainer: Trainer;
  readonly store: KnowledgeStore;
  /** Puts the new model in the place of the current one; from here on live inference answers with it. */
  readonly install: (model: ModelVersion) => Promise<void>;
  /** Lets nothing else that makes a model run meanwhile. */
  readonly inTurn: InTurn;
}

/**
 * Trains the tasks one after the other (only CIL waits for CIL) and tells of it in events. A task that can't be
 * trained ends in `task-failed`; its classes are forgotten by the registry, so that they may be announced again.
 */
export function trainTasks(
  collaborators: TrainingCollaborators,
): OperatorFunction<CollectedTask, LetheEvent> {
  return concatMap(
    (collected) =>
      new Observable<LetheEvent>((subscriber) => {
        const emit = (event: LetheEvent): void => subscriber.next(event);
        collaborators
          .inTurn(() => train(collected, collaborators, emit))
          .catch((error: unknown) =>
            abandon(collected, toLetheError(error, 'training-failed'), collaborators, emit),
          )
          .then(
            () => subscriber.complete(),
            (error: unknown) => subscriber.error(error),
          );
      }),
  );
}

async function train(
  collected: CollectedTask,
  { trainer, store, install }: TrainingCollaborators,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  const { task } = collected.announcement;
  if (collected.outcome === 'timeout') throw missingSamples(collected);

  const started = performance.now();
  const training = await gather(collected, store, trainer.rehearsal);
  emit({ kind: 'task-started', task, classes: [...training.classes], samples: training.labels.length });
  const model = await trainer.train(training, ({ epoch, epochs, loss, ms }) =>
    emit({ kind: 'task-epoch', task, epoch, epochs, loss, ms }),
  );
  await install(model);
  await markLearned(collected, training, model, store);
  emit({ kind: 'model-published', model });
  emit({ kind: 'task-finished', task, modelVersion: model.version, ms: performance.now() - started });
}

/** The task's vectors from DB-CIL; classes unlearned since their announcement are left out. */
async function gather(
  { announcement }: CollectedTask,
  store: KnowledgeStore,
  wanted: Trainer['rehearsal'],
): Promise<TrainingTask> {
  const snapshot = await store.registry.refresh();
  const classes = announcement.classes.filter((name) => snapshot.classes.get(name)?.state === 'learning');
  if (classes.length === 0) {
    throw new LetheError(
      'class-unlearned',
      `all classes of task "${announcement.task}" were unlearned before training`,
      {
        field: 'classes',
        value: announcement.classes.join(', '),
        remedy: 'Nothing is left to learn; announce a new task for other classes.',
      },
    );
  }
  const gathered = await gatherVectors(store.vectors, 'cil', classes);
  const without = classes.filter((_, index) => !gathered.labels.includes(index));
  if (without.length > 0) {
    throw new LetheError('training-failed', `no sample was stored of ${without.join(', ')}`, {
      field: 'classes',
      value: without.join(', '),
      remedy:
        'Send samples of every class that the learn command names, then the command again under a new id.',
    });
  }
  const unlearned = classesIn(snapshot, ...FORGOTTEN).map((record) => record.name);
  const learned = classesIn(snapshot, 'learned').map((record) => record.name);
  const rehearsal = wanted && (await rehearsalOf(learned, store, wanted));
  return {
    ...(rehearsal && { rehearsal }),
    task: announcement.task,
    ...gathered,
    unlearned,
  };
}

/** Vectors of the classes learned before; what was unlearned has left DB-CIL. Undefined where nothing was learned. */
async function rehearsalOf(
  learned: readonly string[],
  { vectors }: KnowledgeStore,
  { perClass, seed }: NonNullable<Trainer['rehearsal']>,
): Promise<Rehearsal | undefined> {
  const samples = [];
  for (const name of learned) {
    const sample = await sampleVectors(vectors, { database: 'cil', classes: [name] }, perClass, seed);
    if (sample.length > 0) samples.push({ name, sample });
  }
  if (samples.length === 0) return undefined;
  return {
    classes: samples.map(({ name }) => name),
    vectors: stacked(
      samples.flatMap(({ sample }) => sample.map(({ vector }) => vector)),
      vectors.dimension,
    ),
    labels: Int32Array.from(samples.flatMap(({ sample }, label) => sample.map(() => label))),
  };
}

/**
 * The classes become `learned`, with count and centroid, and the model current, in one step; a class unlearned during
 * the training stays unlearned.
 */
async function markLearned(
  { announcement }: CollectedTask,
  training: TrainingTask,
  model: ModelVersion,
  store: KnowledgeStore,
): Promise<void> {
  const { task, samples } = announcement;
  const centres = training.classes.map((_, index) => centreOf(training, index, store.vectors.dimension));
  await store.registry.update(({ classes }) => ({
    put: training.classes.map((name, index): ClassRecord => {
      const { state: now = 'learning', erasing, withdrawn } = classes.get(name) ?? {};
      const state = FORGOTTEN.includes(now) ? now : 'learned';
      return {
        name,
        state,
        ...(erasing !== undefined && { erasing }),
        ...(withdrawn !== undefined && { withdrawn }),
        task: training.task,
        ...(centres[index] as (typeof centres)[number]),
      };
    }),
    putTasks: [{ name: task, state: 'finished', classes: announcement.classes, samples }],
    model,
  }));
}

/** Count n_c and centroid mu_c (mean of the unit vectors, normalised) of class `index` of the task. */
function centreOf(
  { vectors, labels }: TrainingTask,
  index: number,
  dimension: number,
): { count: number; centroid: Float32Array } {
  const sum = new Float32Array(dimension);
  let count = 0;
  labels.forEach((label, row) => {
    if (label !== index) return;
    count++;
    const vector = rowOf(vectors, row, dimension);
    for (let i = 0; i < dimension; i++) sum[i] = (sum[i] as number) + (vector[i] as number);
  });
  return { count, centroid: normalised(sum) };
}

async function abandon(
  { announcement }: CollectedTask,
  error: LetheError,
  { store }: TrainingCollaborators,
  emit: (event: LetheEvent) => void,
): Promise<void> {
  await store.registry.update(({ classes }) => ({
    drop: announcement.classes.filter((name) => classes.get(name)?.state === 'learning'),
    dropTasks: [announcement.task],
  }));
  emit({ kind: 'task-failed', task: announcement.task, error: error.toJSON() });
}

function missingSamples({ announcement, stored, refused, ms }: CollectedTask): LetheError {
  const missing = announcement.samples - stored - refused;
  return new LetheError(
    'task-timeout',
    `task "${announcement.task}" waited for ${missing} of ${announcement.samples} samples that did not arrive`,
    {
      field: 'samples',
      value: String(announcement.samples),
      remedy:
        'Send the missing samples, then the learn command again under a new id; what was stored is kept.',
      evidence: { expected: announcement.samples, stored, refused, missing, waitedMs: Math.round(ms) },
    },
  );
}
