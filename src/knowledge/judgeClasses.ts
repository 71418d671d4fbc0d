import type { Changeable } from '../adapters/knowledgeStore.js';
import type { ClassRecord, ClassState, RegistrySnapshot } from '../domain/classes.js';
import { classRefusal } from '../domain/classRefusals.js';
import { type NextOf, outcomeOf, type Refusal, type Request, standingOf } from '../domain/classStates.js';
import { likeNamed } from '../domain/likeNamed.js';

/** What is stored of a class, in both databases. */
export interface Stored {
  readonly vectors: number;
  /** Task of one of its samples, if the registry does not know the class. */
  readonly task: string;
}

/** By class. */
export type StoredClasses = ReadonlyMap<string, Stored>;

/** A class for which a request is accepted. */
export interface Judged<R extends Request> {
  readonly name: string;
  /** Undefined if the class is not in the registry. */
  readonly record: ClassRecord | undefined;
  readonly to: NextOf<R>;
}

/**
 * What is stored of the classes that a command names. Asked before the command is decided: of a class that is forgotten it
 * changes with commands only, which are carried out one after the other.
 */
export async function storedOf(
  names: readonly string[],
  { vectors, registry }: Changeable,
): Promise<StoredClasses> {
  const snapshot = await registry.refresh();
  const meant = new Set(
    names.flatMap((name) => [name, ...likeNamed(name, snapshot).map((each) => each.name)]),
  );
  const stored = new Map<string, Stored>();
  for (const name of meant) {
    const count = await vectors.count({ classes: [name] });
    let task = '';
    if (count > 0 && !snapshot.classes.has(name)) {
      for await (const [first] of vectors.scan({ classes: [name] }, 1)) {
        task = first?.task ?? task;
        break;
      }
    }
    stored.set(name, { vectors: count, task });
  }
  return stored;
}

/**
 * The classes that a request means by this name, if they accept it. Several only for names that were stored before
 * there was a normal form, see {@link likeNamed}. A class is learned under one name only: there, all must agree.
 * @throws LetheError according to the state machine of a class (docs/states.md)
 */
export function judged<R extends Request>(
  request: R,
  name: string,
  field: string,
  stored: StoredClasses,
  snapshot: RegistrySnapshot,
): Judged<R>[] {
  const found = likeNamed(name, snapshot);
  const meant = found.length > 0 ? found.map((record) => ({ name: record.name, record })) : [{ name }];
  const accepted: Judged<R>[] = [];
  let refusal: { readonly why: Refusal; readonly record: ClassRecord | undefined } | undefined;
  for (const each of meant) {
    const record = 'record' in each ? each.record : undefined;
    const outcome = outcomeOf(request, standingOf(record, stored.get(each.name)?.vectors ?? 0, snapshot));
    if ('to' in outcome) accepted.push({ name: each.name, record, to: outcome.to });
    else refusal ??= { why: outcome.refused, record };
  }
  if (refusal && (accepted.length === 0 || request === 'learn')) {
    const known = [...snapshot.classes.keys()];
    throw classRefusal(refusal.why, { name, record: refusal.record, known }, field);
  }
  return accepted;
}

/**
 * The record of a class in another state, without what only a class that is `learning` has, and without its erasure
 * if it is not erased.
 */
export function inState({ before: _, erasure, ...record }: ClassRecord, state: ClassState): ClassRecord {
  return { ...record, state, ...(state === 'erased' && erasure && { erasure }) };
}

/** The record of a class that was known only by its stored samples. */
export function unannouncedRecord(name: string, stored: StoredClasses): ClassRecord {
  const { vectors = 0, task = name } = stored.get(name) ?? {};
  return { name, state: 'learning', task, count: vectors, centroid: null };
}
