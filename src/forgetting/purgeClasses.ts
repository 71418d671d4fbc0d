import type { KnowledgeStore, RegistryChange } from '../adapters/knowledgeStore.js';
import { type ClassRecord, type Erasure, openClasses, type RegistrySnapshot } from '../domain/classes.js';
import { nextOf, standingOf } from '../domain/classStates.js';
import type { FilesState } from '../domain/places.js';

/** Classes that one command asked to be erased, and that no model knows any more, nor will know. */
export interface Erasable {
  readonly commandId: string;
  readonly classes: readonly ClassRecord[];
}

/**
 * What can be erased now, by command. A class of an open task waits for its end: the task may be training with the
 * vectors of the class, and its model would restore what was erased.
 */
export function erasable({ classes, tasks, model }: RegistrySnapshot): Erasable[] {
  const open = openClasses({ tasks });
  const byCommand = new Map<string, ClassRecord[]>();
  for (const record of classes.values()) {
    if (record.erasing === undefined || open.has(record.name)) continue;
    if (model?.classes.includes(record.name)) continue;
    byCommand.set(record.erasing, [...(byCommand.get(record.erasing) ?? []), record]);
  }
  return [...byCommand].map(([commandId, records]) => ({ commandId, classes: records }));
}

/**
 * Deletes the classes' vectors from both databases, and their centroids from the registry. Done again after a crash it ends
 * the same; {@link markErasureTold} ends it.
 * @returns vectors deleted by this call, by class; and the registry's version
 */
export async function purgeClasses(
  { commandId, classes }: Erasable,
  store: KnowledgeStore,
): Promise<{ readonly vectors: ReadonlyMap<string, number>; readonly registryVersion: number }> {
  const vectors = new Map<string, number>();
  const at = new Date().toISOString();
  for (const { name } of classes) vectors.set(name, await store.vectors.delete({ classes: [name] }));
  const { version } = await store.registry.update((now) => ({
    // Made from their vectors, too.
    detector: null,
    put: classes.flatMap(({ name }): ClassRecord[] => {
      const record = now.classes.get(name);
      if (record?.erasing !== commandId) return [];
      const next = nextOf('purged', standingOf(record, 0, now));
      const erasure = { commandId, since: now.version + 1, at, files: 'due', completed: false } as const;
      return next === 'erased' ? [{ ...record, state: next, centroid: null, erasure }] : [];
    }),
  }));
  return { vectors, registryVersion: version };
}

/** Records whether the files of the database were rewritten since the vectors of these classes were deleted. */
export async function noteFiles(
  commandIds: readonly string[],
  files: FilesState,
  { registry }: Pick<KnowledgeStore, 'registry'>,
): Promise<void> {
  await registry.update(({ classes }) =>
    changeErasures([...classes.values()], commandIds, (erasure) => ({ ...erasure, files })),
  );
}

/** Records the report that every place of the erasure was checked. */
export async function markErasureComplete(commandId: string, { registry }: KnowledgeStore): Promise<void> {
  await registry.update(({ classes }) =>
    changeErasures([...classes.values()], [commandId], (erasure) => ({ ...erasure, completed: true })),
  );
}

/** Changes only classes that are still erased: one that is being learned again is checked after its task failed. */
function changeErasures(
  records: readonly ClassRecord[],
  commandIds: readonly string[],
  change: (erasure: Erasure) => Erasure,
): RegistryChange | null {
  const put = records.flatMap((record): ClassRecord[] => {
    const { erasure, state } = record;
    if (!erasure || state !== 'erased' || !commandIds.includes(erasure.commandId)) return [];
    return [{ ...record, erasure: change(erasure) }];
  });
  return put.length > 0 ? { put } : null;
}

/** Records that the erasure was reported: the registry then keeps only the names of its classes. */
export async function markErasureTold(commandId: string, { registry }: KnowledgeStore): Promise<void> {
  await registry.update(({ classes }) => ({
    put: [...classes.values()].flatMap(({ erasing, ...record }) =>
      erasing === commandId && record.state === 'erased' ? [{ ...record, count: 0 }] : [],
    ),
  }));
}

/** The classes stay suppressed, and are no longer to be erased. */
export async function giveUpErasing(
  commandIds: readonly string[],
  { registry }: KnowledgeStore,
): Promise<void> {
  await registry.update(({ classes }) => ({
    put: [...classes.values()].flatMap(({ erasing, ...record }) =>
      erasing !== undefined && commandIds.includes(erasing) ? [record] : [],
    ),
  }));
}
