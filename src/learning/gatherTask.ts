import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { type ClassRecord, classesIn, FORGOTTEN, type RegistrySnapshot } from '../domain/classes.js';
import { nextOf, standingOf } from '../domain/classStates.js';
import { LetheError } from '../domain/errors.js';
import { stacked } from '../domain/vector.js';
import { firstVectors } from '../knowledge/firstVectors.js';
import { gatherVectors } from '../knowledge/gatherVectors.js';
import { inState } from '../knowledge/judgeClasses.js';
import { sampleVectors } from '../knowledge/sampleVectors.js';
import type { Rehearsal, Trainer, TrainingTask } from '../model/trainer.js';
import type { Announcement } from './task.js';

/** What a task is trained with, and the registry that it was gathered by. */
export interface Gathered {
  readonly training: TrainingTask;
  readonly before: RegistrySnapshot;
}

/**
 * The task's vectors from DB-CIL. Classes that were unlearned since their announcement are left out, and so are those all of
 * whose samples were: these leave the task here.
 * @returns null where another task has learned all that is left of it
 * @throws LetheError `class-unlearned` where nothing is left to learn, `training-failed` where samples of a class never came
 */
export async function gatherTask(
  announcement: Announcement,
  store: KnowledgeStore,
  wanted: Pick<Trainer, 'rehearsal' | 'calibration'>,
): Promise<Gathered | null> {
  const before = await withoutEmptied(announcement, store);
  const classes = learningIn(announcement, before).map(({ name }) => name);
  if (classes.length === 0) {
    if (announcement.classes.some((name) => before.classes.get(name)?.state === 'learned')) return null;
    throw allUnlearned(announcement);
  }
  const gathered = await gatherVectors(store.vectors, 'cil', classes);
  const without = classes.filter((_, index) => !gathered.labels.includes(index));
  if (without.length > 0) {
    // The last samples may have been unlearned since the registry was read: then the class leaves the task after all.
    const now = await store.registry.refresh();
    if (!without.some((name) => now.classes.get(name)?.withdrawn)) throw neverCame(without);
    return gatherTask(announcement, store, wanted);
  }
  const learned = classesIn(before, 'learned').map((record) => record.name);
  const rehearsal = wanted.rehearsal && (await rehearsalOf(learned, store, wanted.rehearsal));
  const size = wanted.calibration?.(learned.length + classes.length);
  const staying = size && (await firstVectors(store.vectors, learned, size));
  const training = {
    ...(rehearsal && { rehearsal }),
    ...(staying && { staying }),
    task: announcement.task,
    ...gathered,
    unlearned: classesIn(before, ...FORGOTTEN).map((record) => record.name),
  };
  return { training, before };
}

/** The task's classes that are still to be learned in it. */
function learningIn({ task, classes }: Announcement, snapshot: RegistrySnapshot): ClassRecord[] {
  return classes.flatMap((name) => {
    const record = snapshot.classes.get(name);
    return record?.state === 'learning' && record.task === task ? [record] : [];
  });
}

/** A class of which samples came, and every one was unlearned, is unlearned. */
async function withoutEmptied(
  announcement: Announcement,
  { vectors, registry }: KnowledgeStore,
): Promise<RegistrySnapshot> {
  const emptied = new Set<string>();
  for (const { name, withdrawn = 0 } of learningIn(announcement, await registry.refresh()))
    if (withdrawn > 0 && (await vectors.count({ classes: [name] })) === 0) emptied.add(name);
  if (emptied.size === 0) return registry.snapshot();
  return registry.update((now) => ({
    put: learningIn(announcement, now).flatMap((record) => {
      const next = emptied.has(record.name) ? nextOf('emptied', standingOf(record, 0, now)) : 'stays';
      return next === 'unlearned' ? [inState(record, next)] : [];
    }),
  }));
}

function allUnlearned({ task, classes }: Announcement): LetheError {
  return new LetheError('class-unlearned', `all classes of task "${task}" were unlearned before training`, {
    field: 'classes',
    value: classes.join(', '),
    remedy: 'Nothing remains to learn. Announce a new task for other classes.',
  });
}

function neverCame(classes: readonly string[]): LetheError {
  return new LetheError('training-failed', `no sample of ${classes.join(', ')} was stored`, {
    field: 'classes',
    value: classes.join(', '),
    remedy:
      'Send the learn command again under a new id, and samples of each of its classes. Send all samples of classes that were ' +
      'unlearned or erased before.',
  });
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
