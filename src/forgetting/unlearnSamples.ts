import { z } from 'zod';
import type { Changeable } from '../adapters/knowledgeStore.js';
import type { VectorDatabase } from '../adapters/vectorDatabase.js';
import { type ClassRecord, classesIn, openClasses, type RegistrySnapshot } from '../domain/classes.js';
import { nextOf, standingOf } from '../domain/classStates.js';
import { type EffectOf, eventOf } from '../domain/effects.js';
import { LetheError } from '../domain/errors.js';
import type { EventOf } from '../domain/messages/event.js';
import { flawOf } from '../domain/normalForm.js';
import { type Centre, centresOf } from '../knowledge/classCentre.js';
import { inState } from '../knowledge/judgeClasses.js';
import { updateBy } from '../knowledge/updateBy.js';

/** Samples to be unlearned: by id, or all of a subject. */
export type Samples = { readonly ids: readonly string[] } | { readonly subject: string };

/** Prefix of the id of the record before the deletion; no sender can use an id with a control character. */
const NOTE = '\u0001samples of ';
/** Vectors that go, by class. */
const pairsSchema = z.array(z.tuple([z.string(), z.int()]));

/**
 * Unlearns samples: their vectors are deleted, and their ids are never stored again. Counts and centroids of their
 * classes follow from what is stored then. The weights have seen them until the next rebuild, which the registry
 * requests (`withdrawn`). A class of which nothing remains is unlearned. The deletion is recorded first: if a worker
 * dies during it, the next delivery of the command completes it.
 * @param startedAt `performance.now()` at the reading of the command
 */
export async function unlearnSamples(
  { id, position, samples }: { readonly id: string; readonly position: string; readonly samples: Samples },
  store: Changeable,
  startedAt: number,
): Promise<EventOf<'samples-unlearned'>> {
  const { vectors, registry } = store;
  const ids = await idsOf(samples, vectors);
  const removed = await noted({ id, position, ids }, store);
  await store.withdraw(ids, tasksUnderWay(await registry.refresh()));
  const asked = 'ids' in samples ? new Set(samples.ids).size : ids.length;
  const detailsOf = (centres: ReadonlyMap<string, Centre>): EffectOf<'samples-unlearned'> => ({
    kind: 'samples-unlearned',
    by: 'ids' in samples ? 'id' : 'subject',
    asked,
    classes: [...removed].map(([name, count]) => ({
      name,
      removed: count,
      remaining: centres.get(name)?.count ?? 0,
    })),
  });
  const { found, after } = await updateBy(
    registry,
    () => centresOf(removed.keys(), vectors),
    (now, centres) => ({
      put: correctedAll(removed, centres, now),
      // Made from their vectors, too.
      ...(removed.size > 0 && { detector: null }),
      command: { id, position, details: detailsOf(centres) },
    }),
  );
  return eventOf(detailsOf(found), { id, moved: new Map(), registryVersion: after.version }, startedAt);
}

/**
 * The number of vectors to delete of each class, counted before the first deletion, and stored: after a crash,
 * nothing else would know it.
 * @returns what was recorded, now or by the previous worker
 */
async function noted(
  { id, position, ids }: { readonly id: string; readonly position: string; readonly ids: readonly string[] },
  { vectors, registry }: Changeable,
): Promise<ReadonlyMap<string, number>> {
  const note = `${NOTE}${id}`;
  const earlier = await registry.receipt(note);
  if (earlier) return new Map(pairsSchema.parse(earlier.details));
  const counts = new Map<string, number>();
  for (const { className } of await vectors.get(ids)) counts.set(className, (counts.get(className) ?? 0) + 1);
  await registry.update((now) => ({
    // Said before the first one goes: a task that finds none of a class must know why.
    put: classesIn(now, 'learning').flatMap((record) => withdrawing(record, counts.get(record.name) ?? 0)),
    command: { id: note, position, details: [...counts] },
  }));
  return counts;
}

function withdrawing(record: ClassRecord, count: number): ClassRecord[] {
  return count === 0 ? [] : [{ ...record, withdrawn: (record.withdrawn ?? 0) + count }];
}

function correctedAll(
  removed: ReadonlyMap<string, number>,
  centres: ReadonlyMap<string, Centre>,
  now: RegistrySnapshot,
): ClassRecord[] {
  return [...removed].flatMap(([name, count]) => {
    const record = now.classes.get(name);
    const centre = centres.get(name);
    return record && centre ? [corrected(record, centre, count, now)] : [];
  });
}

/**
 * The ids meant, also as they may have been stored before names had a normal form.
 * @throws LetheError `invalid-message` for a name that holds what can't be seen, where nothing is stored under it: it was
 *   meant to be another one, and would be forgotten in appearance only
 */
async function idsOf(samples: Samples, vectors: VectorDatabase): Promise<string[]> {
  if ('ids' in samples) {
    const ids = samples.ids.flatMap(forms);
    const flawed = samples.ids.filter((id) => flawOf(id) !== undefined);
    const there = new Set((await vectors.get(flawed.flatMap(forms))).map(({ id }) => id));
    const wrong = flawed.find((id) => !forms(id).some((form) => there.has(form)));
    if (wrong !== undefined) throw notFound('samples', wrong);
    return [...new Set(ids)];
  }
  const found = await Promise.all(forms(samples.subject).map((subject) => vectors.idsOf(subject)));
  const ids = [...new Set(found.flat())];
  if (ids.length === 0 && flawOf(samples.subject) !== undefined) throw notFound('subject', samples.subject);
  return ids;
}

function forms(name: string): string[] {
  return [...new Set([name, name.normalize('NFC'), name.normalize('NFD')])];
}

function notFound(field: string, value: string): LetheError {
  return new LetheError(
    'invalid-message',
    `${field}: nothing with this name is stored, and ${flawOf(value)}`,
    {
      field,
      value,
      remedy: 'Send the name without that character.',
    },
  );
}

/**
 * The open tasks, by class: they must not wait for deleted samples, even if the class was unlearned since. A task
 * that relearns a class waits for none (see `relearnClasses`), so the other one counts.
 */
function tasksUnderWay({ tasks }: RegistrySnapshot): ReadonlyMap<string, string> {
  const open = [...tasks.values()].filter(({ state }) => state === 'open');
  return new Map(
    open
      .sort((a, b) => a.samples - b.samples)
      .flatMap(({ name, classes }) => classes.map((each) => [each, name] as const)),
  );
}

function corrected(record: ClassRecord, centre: Centre, removed: number, now: RegistrySnapshot): ClassRecord {
  const withdrawn = (record.withdrawn ?? 0) + removed;
  // Others of it may come: whether it leaves its task is seen when the task's vectors are gathered.
  if (record.state === 'learning') return { ...record, withdrawn };
  const next = centre.count === 0 ? nextOf('emptied', standingOf(record, centre.count, now)) : 'stays';
  const state = next === 'stays' || next === 'absent' ? record.state : next;
  // A task that is under way may be training with them, also where the class was unlearned since.
  const seen = now.model?.classes.includes(record.name) || openClasses(now).has(record.name);
  return { ...inState(record, state), ...centre, ...(seen && { withdrawn }) };
}
