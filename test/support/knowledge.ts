import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../src/adapters/memory/store/createMemoryStore.js';
import type { DatabaseName, VectorRecord } from '../../src/adapters/vectorDatabase.js';
import {
  type ClassRecord,
  EMPTY_REGISTRY,
  type RegistrySnapshot,
  type TaskRecord,
} from '../../src/domain/classes.js';
import type { ModelVersion } from '../../src/domain/messages/model.js';
import { normalised } from '../../src/domain/vector.js';

/** Components of the vectors that operators are tested with. */
export const DIMENSION = 4;

/** A learned class of the task `t1`, but for what is said otherwise. */
export function recordOf(name: string, changes: Partial<ClassRecord> = {}): ClassRecord {
  return { name, state: 'learned', task: 't1', count: 1, centroid: null, ...changes };
}

export function taskOf(name: string, changes: Partial<TaskRecord> = {}): TaskRecord {
  return { name, state: 'open', classes: ['cat'], samples: 2, ...changes };
}

export function modelOf(version: string, ...classes: string[]): ModelVersion {
  const sha256 = '0'.repeat(64);
  return {
    version,
    task: 't1',
    classes,
    checkpoint: `memory:${version}`,
    sha256,
    dimension: DIMENSION,
    backend: 'cpu',
  };
}

/** A registry that knows these classes. */
export function registryOf(
  records: readonly ClassRecord[],
  changes: Partial<RegistrySnapshot> = {},
): RegistrySnapshot {
  return { ...EMPTY_REGISTRY, classes: new Map(records.map((record) => [record.name, record])), ...changes };
}

/** A unit vector near an axis, another one for each index. */
export function near(axis: number, index = 0): Float32Array {
  const vector = new Float32Array(DIMENSION);
  vector[axis] = 10;
  vector[(axis + 1) % DIMENSION] = index % 7;
  return normalised(vector);
}

/** Vectors `cat-0`, `cat-1` and so on, near an axis. */
export function vectorsOf(className: string, count: number, axis = 0, task = 't1'): VectorRecord[] {
  return Array.from({ length: count }, (_, index) => {
    return { id: `${className}-${index}`, className, task, vector: near(axis, index) };
  });
}

/** What a store in memory holds at the beginning of a test. */
interface Contents extends Partial<Record<DatabaseName, readonly VectorRecord[]>> {
  readonly classes?: readonly ClassRecord[];
  readonly tasks?: readonly TaskRecord[];
  readonly model?: ModelVersion;
}

export async function storeOf({
  classes = [],
  tasks = [],
  model,
  cil,
  mu,
}: Contents): Promise<KnowledgeStore> {
  const store = createMemoryStore({ dimension: DIMENSION });
  if (cil) await store.vectors.upsert('cil', cil);
  if (mu) await store.vectors.upsert('mu', mu);
  await store.registry.update(() => ({ put: classes, putTasks: tasks, ...(model && { model }) }));
  return store;
}

/** The state of a class in the registry; undefined where it is not there. */
export async function stateOf(store: KnowledgeStore, name: string): Promise<string | undefined> {
  return (await store.registry.refresh()).classes.get(name)?.state;
}
