import type { KnowledgeStore } from 'lethe/internal/adapters/knowledgeStore.js';
import type { VectorRecord } from 'lethe/internal/adapters/vectorDatabase.js';
import type { ClassRecord } from 'lethe/internal/domain/classes.js';
import { unlearnClasses } from 'lethe/internal/forgetting/migrateClasses.js';
import type { ProtocolStep } from '../protocol.js';

/** What a Lethe knows of one class, in whichever database it lies. */
export interface ClassKnowledge {
  readonly record: ClassRecord;
  readonly vectors: readonly VectorRecord[];
}

/** Everything in a store, by class. */
export async function knowledgeOf({
  vectors,
  registry,
}: KnowledgeStore): Promise<Map<string, ClassKnowledge>> {
  const knowledge = new Map<string, { record: ClassRecord; vectors: VectorRecord[] }>();
  for (const record of registry.snapshot().classes.values())
    knowledge.set(record.name, { record, vectors: [] });
  for await (const records of vectors.scan({})) {
    for (const vector of records) knowledge.get(vector.className)?.vectors.push(vector);
  }
  return knowledge;
}

/**
 * Does to `store` what a step of the protocol did to the store of the live run, so that each step's state can be
 * looked at although the live run overlapped them.
 * @throws RangeError where nothing is known of a class that the step learns
 */
export async function replayStep(
  store: KnowledgeStore,
  { kind, name, classes }: ProtocolStep,
  knowledge: ReadonlyMap<string, ClassKnowledge>,
): Promise<void> {
  if (kind === 'unlearn') {
    const command = { id: `replay-${name}`, classes, position: `replay/0/${name}` };
    await unlearnClasses(command, store, performance.now());
    return;
  }
  const learned = classes.map((className) => {
    const known = knowledge.get(className);
    if (!known) throw new RangeError(`nothing is known of class ${className}`);
    return known;
  });
  await store.vectors.upsert(
    'cil',
    learned.flatMap(({ vectors }) => vectors),
  );
  await store.registry.update(() => ({
    put: learned.map(({ record }) => ({ ...record, state: 'learned' as const })),
  }));
}
