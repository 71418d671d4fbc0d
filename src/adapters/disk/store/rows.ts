import { z } from 'zod';
import type { ClassRecord, FilterLevel, TaskRecord } from '../../../domain/classes.js';
import { CLASS_STATES, FORGOTTEN_STATES, TASK_STATES } from '../../../domain/classes.js';
import { holderSchema } from '../../../domain/holders.js';
import { type ModelVersion, modelVersionSchema } from '../../../domain/messages/model.js';
import { FILES_STATES } from '../../../domain/places.js';
import type { CommandReceipt } from '../../knowledgeStore.js';
import { jsonOf } from '../json.js';

const natural = z.int().nonnegative();
const bytes = z.instanceof(Uint8Array);

/** Of a class all but its centroid, which is a column of its own. */
const classSchema = z.object({
  name: z.string(),
  state: z.enum(CLASS_STATES),
  task: z.string(),
  count: natural,
  withdrawn: natural.optional(),
  erasing: z.string().optional(),
  erasure: z
    .object({
      commandId: z.string(),
      since: natural,
      at: z.string(),
      files: z.enum(FILES_STATES),
      completed: z.boolean(),
    })
    .optional(),
  before: z.enum(FORGOTTEN_STATES).optional(),
});
const taskSchema = z.object({
  name: z.string(),
  state: z.enum(TASK_STATES),
  classes: z.array(z.string()),
  samples: natural,
});
const filterLevelSchema = z.object({
  filter: z.string(),
  level: z.number(),
  refinement: z.object({ weight: z.number(), band: z.number(), basis: z.string() }).optional(),
});
const receiptSchema = z.object({
  id: z.string(),
  position: z.string(),
  details: z.unknown(),
  registryVersion: natural,
  moved: z.array(z.tuple([z.string(), natural])),
});

/** Rows of the tables, as they are read: a file may be anyone's. */
export const vectorRow = z.object({
  id: z.string(),
  database: z.enum(['cil', 'mu']),
  class: z.string(),
  task: z.string(),
  subject: z.string().nullable(),
  vector: bytes,
});
export const idRow = z.object({ id: z.string() });
export const classRow = z.object({ record: jsonOf(classSchema), centroid: bytes.nullable() });
export const taskRow = z.object({ record: jsonOf(taskSchema) });
export const receiptRow = z.object({ receipt: jsonOf(receiptSchema) });
export const refusedRow = z.object({ task: z.string(), id: z.string(), position: z.string() });
export const holderRow = z.object({ holder: jsonOf(holderSchema) });
export const goneRow = z.object({ id: z.string(), seen_at: z.string() });
export const numberRow = z.object({ n: natural });
export const countRow = z.object({ count: natural });
export const classOfRow = z.object({ class: z.string() });

const identitySchema = z.object({
  model: z.string(),
  embedder: z.string(),
  dimension: z.int().positive(),
  /** Of the embedder's weights and preprocessing; files of Lethe 0.1.0 have none. */
  fingerprint: z.string().optional(),
});

/** Values of which there is one each, by their names. */
interface Singles {
  readonly identity: z.infer<typeof identitySchema>;
  readonly version: number;
  readonly model: ModelVersion;
  readonly filterLevel: z.infer<typeof filterLevelSchema>;
  readonly knownLevel: number;
}
export type SingleName = keyof Singles;
export type Single<N extends SingleName> = Singles[N];
export const SINGLES: { readonly [N in SingleName]: z.ZodType<Singles[N]> } = {
  identity: identitySchema,
  version: natural,
  model: modelVersionSchema,
  filterLevel: filterLevelSchema,
  knownLevel: z.number(),
};

/** The record of a class, which has no field where there is no value. */
export function classRecordOf({ record, centroid }: z.infer<typeof classRow>): ClassRecord {
  const { name, state, task, count, withdrawn, erasing, erasure, before } = record;
  return {
    ...{ name, state, task, count, centroid: centroid && floatsOf(centroid) },
    ...(withdrawn !== undefined && { withdrawn }),
    ...(erasing !== undefined && { erasing }),
    ...(erasure && { erasure }),
    ...(before && { before }),
  };
}

export function taskRecordOf({ record }: z.infer<typeof taskRow>): TaskRecord {
  return record;
}

export function filterLevelOf(level: Single<'filterLevel'> | undefined): FilterLevel | null {
  if (!level) return null;
  const { refinement, ...plain } = level;
  return refinement ? { ...plain, refinement } : plain;
}

export function receiptOf({ receipt }: z.infer<typeof receiptRow>): CommandReceipt {
  return { ...receipt, details: receipt.details, moved: new Map(receipt.moved) };
}

export function receiptText({ moved, ...receipt }: CommandReceipt): string {
  return JSON.stringify({ ...receipt, details: receipt.details ?? null, moved: [...moved] });
}

/** A vector as its bytes: float32, little-endian, as all machines are that Lethe runs on. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The vector of these bytes, which it shares where they lie as floats must. */
export function floatsOf(vector: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } =
    vector.byteOffset % Float32Array.BYTES_PER_ELEMENT === 0 ? vector : vector.slice();
  return new Float32Array(buffer, byteOffset, byteLength / Float32Array.BYTES_PER_ELEMENT);
}
