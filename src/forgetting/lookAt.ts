import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { Erasure } from '../domain/classes.js';
import type { KnownHolder } from '../domain/holders.js';
import { checkpointsPlace, databasePlace, filesPlace, holderPlace, type Place } from '../domain/places.js';
import type { CheckpointStore, Knowing } from '../model/checkpoint/checkpointStore.js';

/** The places to check. */
export interface Sources {
  readonly store: Pick<KnowledgeStore, 'vectors' | 'holders'>;
  readonly checkpoints: Pick<CheckpointStore, 'knowing'>;
}

/** What exists of classes. */
export interface Seen {
  /** Vectors, counted. */
  readonly vectors: { readonly cil: number; readonly mu: number };
  readonly checkpoints: Knowing;
  /** Workers that may hold copies: they say themselves what they saw. */
  readonly holders: readonly KnownHolder[];
}

/** Checks the databases, the shared checkpoints, and what workers report about their own folders. Read-only. */
export async function lookAt(
  classes: readonly string[],
  { store: { vectors, holders }, checkpoints }: Sources,
): Promise<Seen> {
  const [cil, mu, knowing, known] = await Promise.all([
    vectors.count({ database: 'cil', classes }),
    vectors.count({ database: 'mu', classes }),
    checkpoints.knowing(classes),
    holders.list(),
  ]);
  return { vectors: { cil, mu }, checkpoints: knowing, holders: known };
}

/**
 * The places that may hold something of erased classes, and how they stand.
 * @param erasure what the registry keeps of it; nothing of a class that was erased by a version that kept nothing
 */
export function placesOf(
  { vectors, checkpoints, holders }: Seen,
  erasure: Pick<Erasure, 'since' | 'files'> | undefined,
): Place[] {
  return [
    databasePlace('DB-CIL', vectors.cil),
    databasePlace('DB-MU', vectors.mu),
    checkpointsPlace(checkpoints.knowing),
    filesPlace(erasure?.files),
    ...holders.map((holder) => holderPlace(holder, erasure?.since ?? 0)),
  ];
}
