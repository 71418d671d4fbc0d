import type { ClassRecord, RegistrySnapshot } from '../domain/classes.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';

/** Classes that one command asked to be erased, and that no model knows any more. */
export interface Erasable {
  readonly commandId: string;
  readonly classes: readonly ClassRecord[];
}

/** What can be erased now, by command. */
export function erasable({ classes, model }: RegistrySnapshot): Erasable[] {
  const byCommand = new Map<string, ClassRecord[]>();
  for (const record of classes.values()) {
    if (record.erasing === undefined || model?.classes.includes(record.name)) continue;
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
  for (const { name } of classes) vectors.set(name, await store.vectors.delete({ classes: [name] }));
  const { version } = await store.registry.update((now) => ({
    put: classes.flatMap(({ name }): ClassRecord[] => {
      const record = now.classes.get(name);
      if (record?.erasing !== commandId) return [];
      return [{ ...record, state: 'erased', centroid: null }];
    }),
  }));
  return { vectors, registryVersion: version };
}

/** The erasure was told of: of its classes the registry keeps no more than the names. */
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
