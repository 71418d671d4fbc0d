import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { type ClassRecord, EMPTY_REGISTRY, isForgotten, type RegistrySnapshot } from '../domain/classes.js';
import { nextOf, standingOf } from '../domain/classStates.js';
import type { ModelVersion } from '../domain/messages/model.js';
import { type Centre, centresOf } from '../knowledge/classCentre.js';
import { inState } from '../knowledge/judgeClasses.js';
import { updateBy } from '../knowledge/updateBy.js';
import type { Announcement } from './task.js';

/** A task that was trained: with which classes, by which state of the registry, and to which model. */
export interface Trained {
  readonly announcement: Announcement;
  readonly classes: readonly string[];
  /** The registry before its vectors were gathered. */
  readonly before: RegistrySnapshot;
  readonly model: ModelVersion;
}

/**
 * Makes the model of a task current and its classes `learned`, in one step, with the counts and centroids of what is
 * stored then: samples may have been unlearned or arrived since the vectors of the model were gathered. A class that
 * was forgotten meanwhile stays so; one of which nothing remains is unlearned.
 */
export async function markTrained(trained: Trained, store: KnowledgeStore): Promise<void> {
  const { announcement, classes, model } = trained;
  let seenBefore = trained.before;
  for (;;) {
    const before = seenBefore;
    const { found: centres } = await updateBy(
      store.registry,
      () => centresOf(classes, store.vectors),
      (now, found) => ({
        put: classes.flatMap((each) =>
          recordAfter(now.classes.get(each), found.get(each), { ...trained, before }, now),
        ),
        putTasks: [
          {
            name: announcement.task,
            state: 'finished',
            classes: announcement.classes,
            samples: announcement.samples,
          },
        ],
        model,
      }),
    );
    // Samples may have come between the counting and the marking; from the marking on, none does.
    if (await areCounted(centres, store)) return;
    seenBefore = EMPTY_REGISTRY;
  }
}

function recordAfter(
  record: ClassRecord | undefined,
  centre: Centre | undefined,
  { before, announcement: { task } }: Trained,
  now: RegistrySnapshot,
): ClassRecord[] {
  if (!record || !centre) return [];
  const next = nextOf('trained', standingOf(record, centre.count, now));
  if (next === 'stays') return [];
  const isEmpty = next === 'learned' && centre.count === 0;
  const state = isEmpty ? nextOf('emptied', next) : next;
  const { withdrawn: all = 0, ...rest } = record;
  // What was unlearned before the gathering, the model never saw.
  const seen = Math.max(all - withdrawnIn(before, record.name), isEmpty ? 1 : 0);
  const marked = { ...rest, ...centre, task, ...(seen > 0 && { withdrawn: seen }) };
  return [inState(marked, state)];
}

/** Only a class that was learning then: what of another is withdrawn concerns the models before. */
function withdrawnIn({ classes }: RegistrySnapshot, name: string): number {
  const record = classes.get(name);
  return record && !isForgotten(record) ? (record.withdrawn ?? 0) : 0;
}

async function areCounted(
  centres: ReadonlyMap<string, Centre>,
  { vectors }: KnowledgeStore,
): Promise<boolean> {
  for (const [name, { count }] of centres)
    if ((await vectors.count({ classes: [name] })) !== count) return false;
  return true;
}
