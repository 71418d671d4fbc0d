import { z } from 'zod';
import { CLASS_STATES } from './classes.js';
import { isSettled, type Place, placeSchema } from './places.js';
import { placeWords } from './placeWords.js';

const modelSchema = z.object({
  version: z.string(),
  /** Whether it knows the class. */
  knows: z.boolean(),
});
const count = z.int().nonnegative();

/**
 * What a deployment holds of a class at one time, as one of its workers finds it: in the registry, in both databases,
 * in the model that it answers with, among the checkpoints, and in the folders of other workers as they report them.
 * `GET /v1/evidence?class=…` returns it.
 */
export const classEvidenceSchema = z.object({
  class: z.string(),
  /** RFC 3339, by the worker's clock. */
  seenAt: z.string(),
  worker: z.string(),
  /** All of it was found while the registry was at this version. */
  registryVersion: count,
  /** State of the class in the registry; null if it has no such class. */
  state: z.enum(CLASS_STATES).nullable(),
  /** Vectors that the databases hold, counted. */
  vectors: z.object({ cil: count, mu: count }),
  /** The model that the registry names to all workers; null before the first. */
  model: modelSchema.nullable(),
  /** The model that this worker answers with; null where it does not answer. */
  answering: modelSchema.nullable(),
  /** Checkpoints that are kept, and the versions of those that know the class. */
  checkpoints: z.object({ kept: count, knowing: z.array(z.string()) }),
  /** All places that may hold something of the class, including folders of other workers. */
  places: z.array(placeSchema),
});
export type ClassEvidence = z.infer<typeof classEvidenceSchema>;

/** What remains of a class, in words; empty if it is gone. */
export function remainsIn(evidence: ClassEvidence): string[] {
  const { state, vectors, model, answering, checkpoints, places } = evidence;
  const remains: string[] = [];
  if (state !== 'erased') remains.push(`its state in the registry is ${state ?? 'missing'}`);
  if (vectors.cil > 0) remains.push(`${vectors.cil} of its vectors are in DB-CIL`);
  if (vectors.mu > 0) remains.push(`${vectors.mu} of its vectors are in DB-MU`);
  if (model?.knows) remains.push(`model ${model.version}, which the registry names, knows it`);
  if (answering?.knows && answering.version !== model?.version)
    remains.push(`model ${answering.version}, which ${evidence.worker} answers with, knows it`);
  if (checkpoints.knowing.length > 0)
    remains.push(`checkpoints that know it exist: ${checkpoints.knowing.join(', ')}`);
  return [...remains, ...places.filter(isNews).map(placeWords)];
}

/** Whether something remains there, and no other part of the evidence reports it. */
function isNews({ kind, state }: Place): boolean {
  return state === 'failed' && kind !== 'database' && kind !== 'checkpoints';
}

/** Places that nobody has checked yet. A claim that the class is gone must wait for them. */
export function unseenIn({ places }: ClassEvidence): Place[] {
  return places.filter((place) => place.state === 'waiting' && !isSettled(place));
}
