import { RedisOmError } from 'redis-om';
import { z } from 'zod';
import {
  CLASS_STATES,
  type ClassRecord,
  type FilterLevel,
  FORGOTTEN_STATES,
  type RegistrySnapshot,
  TASK_STATES,
  type TaskRecord,
} from '../../domain/classes.js';
import { LetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import { FILES_STATES } from '../../domain/places.js';
import type { CommandReceipt } from '../knowledgeStore.js';
import { BrokenDataError, jsonSchema, parsedAt, readAt, versionAt } from './brokenData.js';
import type { RedisClient } from './client.js';
import { decodeCentroid } from './encoding.js';
import { type EntitySchemas, repositories } from './entities.js';
import { lackOf, replyIn } from './errors.js';
import { type EntityKind, entityId, type Keys } from './keys.js';

const nameSchema = z.string().min(1);
const namesSchema = z.array(nameSchema);
const countSchema = z.int().nonnegative();
const erasureSchema = jsonSchema.pipe(
  z.object({
    commandId: z.string(),
    since: countSchema,
    at: z.string(),
    files: z.enum(FILES_STATES),
    completed: z.boolean(),
  }),
);
// What redis-om reads: lists without members come as empty ones, what has no value is undefined or null.
const classSchema = z.object({
  name: nameSchema,
  state: z.enum(CLASS_STATES),
  task: nameSchema,
  count: countSchema,
  centroid: z.string().nullish(),
  erasing: z.string().nullish(),
  withdrawn: countSchema.nullish(),
  before: z.enum(FORGOTTEN_STATES).nullish(),
  erasure: erasureSchema.nullish(),
});
const taskSchema = z.object({
  name: nameSchema,
  state: z.enum(TASK_STATES),
  classes: namesSchema,
  samples: countSchema,
});
const modelSchema: z.ZodType<ModelVersion> = z.object({
  version: nameSchema,
  task: nameSchema,
  classes: namesSchema,
  checkpoint: nameSchema,
  sha256: nameSchema,
  dimension: z.int().positive(),
  backend: z.string(),
});
const numberSchema = z.string().min(1).transform(Number).pipe(z.number());
const refinementSchema = jsonSchema.pipe(
  z.object({ weight: z.number(), band: z.number(), basis: z.string() }),
);
const currentSchema = z
  .object({
    model: nameSchema.optional(),
    filter: z.string().optional(),
    level: numberSchema.optional(),
    refinement: refinementSchema.optional(),
    known: numberSchema.optional(),
    detector: nameSchema.optional(),
  })
  .refine(
    ({ filter, level }) => (filter === undefined) === (level === undefined),
    'a filter without a level',
  );
const receiptSchema = z.object({
  id: z.string(),
  position: z.string(),
  registryVersion: countSchema,
  details: jsonSchema,
  movedClasses: namesSchema,
  // Absent of a command of an older version that moved nothing.
  movedCounts: z
    .string()
    .regex(/^(\d+(,\d+)*)?$/)
    .nullish(),
});

/**
 * The registry as it is at one version: read again where a change came in between.
 * @throws BrokenDataError
 */
export async function readSnapshot(
  client: RedisClient,
  keys: Keys,
  schemas: EntitySchemas,
  dimension: number,
): Promise<RegistrySnapshot> {
  const entities = repositories(client, schemas);
  for (;;) {
    const [before, classIds, taskIds, fields] = await Promise.all([
      readAt(keys.version, client.get(keys.version)),
      readAt(keys.classes, client.zRange(keys.classes, 0, -1)),
      readAt(keys.tasks, client.zRange(keys.tasks, 0, -1)),
      readAt(keys.current, client.hGetAll(keys.current)),
    ]);
    const current = parsedAt(keys.current, currentSchema, { ...fields });
    const [classes, tasks, model, after] = await Promise.all([
      fetched(keys, 'class', () => entities.class.fetch(classIds)),
      fetched(keys, 'task', () => entities.task.fetch(taskIds)),
      current.model === undefined
        ? []
        : fetched(keys, 'model', () => entities.model.fetch([current.model ?? ''])),
      client.get(keys.version),
    ]);
    if (before !== after) continue;
    const records = classes.map((entity, index) =>
      classAt(entityKey(keys, 'class', classIds[index]), entity, dimension),
    );
    const opened = tasks.map(
      (entity, index): TaskRecord => parsedAt(entityKey(keys, 'task', taskIds[index]), taskSchema, entity),
    );
    return {
      version: versionAt(keys.version, before),
      classes: new Map(records.map((record) => [record.name, record])),
      tasks: new Map(opened.map((record) => [record.name, record])),
      model:
        model[0] === undefined
          ? null
          : parsedAt(entityKey(keys, 'model', current.model), modelSchema, model[0]),
      filterLevel: filterLevelOf(current),
      detector: current.detector ?? null,
      knownLevel: current.known ?? null,
    };
  }
}

/**
 * What is known of a command; null where it was not carried out.
 * @throws LetheError `internal` where the receipt can't be read: waiting would hold up all commands for this one
 */
export async function readReceipt(
  client: RedisClient,
  keys: Keys,
  schemas: EntitySchemas,
  commandId: string,
): Promise<CommandReceipt | null> {
  const key = keys.entity('receipt', commandId);
  try {
    const [entity] = await fetched(keys, 'receipt', () =>
      repositories(client, schemas).receipt.fetch([entityId(commandId)]),
    );
    return entity === undefined || isAbsent(entity) ? null : receiptOf(key, entity);
  } catch (error) {
    if (lackOf(error)?.need !== 'data') throw error;
    throw new LetheError('internal', 'the receipt of this command in Redis is unreadable', {
      field: key,
      value: error instanceof BrokenDataError ? error.value : replyIn(error)?.message,
      remedy:
        'Find out who else writes to the keys of Lethe, restore Redis from a backup, and send the command again.',
      cause: error,
    });
  }
}

/**
 * What was kept of a command, as it was written.
 * @throws BrokenDataError
 */
export function receiptOf(key: string, entity: unknown): CommandReceipt {
  const { movedClasses, movedCounts, ...receipt } = parsedAt(key, receiptSchema, entity);
  const counts = (movedCounts ?? '').split(',').map(Number);
  return { ...receipt, moved: new Map(movedClasses.map((name, index) => [name, counts[index] ?? 0])) };
}

/** redis-om throws where a field is not of its type, and says of which entity only by its kind. */
async function fetched<T>(
  keys: Keys,
  kind: EntityKind,
  fetch: () => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const key = `${keys.prefix}${kind}:*`;
  try {
    return await readAt(key, fetch());
  } catch (error) {
    if (!(error instanceof RedisOmError)) throw error;
    throw new BrokenDataError(key, 'is unreadable', error.message, error);
  }
}

/** redis-om returns an entity without fields, or with empty lists, for one that does not exist. */
function isAbsent(entity: object): boolean {
  return Object.values(entity).every((value) => Array.isArray(value) && value.length === 0);
}

function entityKey(keys: Keys, kind: EntityKind, id: string | undefined): string {
  return `${keys.prefix}${kind}:${id}`;
}

function classAt(key: string, entity: unknown, dimension: number): ClassRecord {
  const { centroid, erasing, withdrawn, before, erasure, ...record } = parsedAt(key, classSchema, entity);
  return {
    ...record,
    centroid: typeof centroid === 'string' ? decodeCentroid(key, centroid, dimension) : null,
    ...(typeof erasing === 'string' && { erasing }),
    ...(typeof withdrawn === 'number' && { withdrawn }),
    ...(before && { before }),
    ...(erasure && { erasure }),
  };
}

function filterLevelOf({ filter, level, refinement }: z.infer<typeof currentSchema>): FilterLevel | null {
  if (filter === undefined || level === undefined) return null;
  return { filter, level, ...(refinement && { refinement }) };
}
