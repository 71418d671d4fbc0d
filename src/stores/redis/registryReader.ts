import type {
  ClassRecord,
  ClassState,
  FilterLevel,
  RegistrySnapshot,
  TaskRecord,
  TaskState,
} from '../../domain/classes.js';
import { LetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { CommandReceipt } from '../knowledgeStore.js';
import type { RedisClient } from './client.js';
import { decodeCentroid } from './encoding.js';
import {
  type ClassEntity,
  type EntitySchemas,
  type ModelEntity,
  type ReceiptEntity,
  repositories,
  type TaskEntity,
} from './entities.js';
import { entityId, type Keys } from './keys.js';

/** The registry as it is at one version: read again where a change came in between. */
export async function readSnapshot(
  client: RedisClient,
  keys: Keys,
  schemas: EntitySchemas,
): Promise<RegistrySnapshot> {
  const entities = repositories(client, schemas);
  for (;;) {
    const [before, classIds, taskIds, current] = await Promise.all([
      client.get(keys.version),
      client.zRange(keys.classes, 0, -1),
      client.zRange(keys.tasks, 0, -1),
      client.hGetAll(keys.current),
    ]);
    const [classes, tasks, model, after] = await Promise.all([
      entities.class.fetch(classIds),
      entities.task.fetch(taskIds),
      current.model === undefined ? null : entities.model.fetch(current.model),
      client.get(keys.version),
    ]);
    if (before !== after) continue;
    return {
      version: Number(before ?? 0),
      classes: new Map(classes.map((entity) => [entity.name, classOf(entity)])),
      tasks: new Map(tasks.map((entity) => [entity.name, taskOf(entity)])),
      model: model && modelOf(model),
      filterLevel: filterLevelOf(current),
      knownLevel: current.known === undefined ? null : Number(current.known),
    };
  }
}

/** What is known of a command; null where it was not carried out. */
export async function readReceipt(
  client: RedisClient,
  schemas: EntitySchemas,
  commandId: string,
): Promise<CommandReceipt | null> {
  const entity = await repositories(client, schemas).receipt.fetch(entityId(commandId));
  // redis-om returns an entity without fields for one that does not exist.
  return entity.id === undefined ? null : receiptOf(entity);
}

function classOf({ name, state, task, count, centroid, erasing, withdrawn }: ClassEntity): ClassRecord {
  return {
    name,
    state: state as ClassState,
    task,
    count,
    centroid: centroid === undefined ? null : decodeCentroid(centroid),
    ...(erasing !== undefined && { erasing }),
    ...(withdrawn !== undefined && { withdrawn }),
  };
}

function taskOf({ name, state, classes, samples }: TaskEntity): TaskRecord {
  return { name, state: state as TaskState, classes, samples };
}

function modelOf({
  version,
  task,
  classes,
  checkpoint,
  sha256,
  dimension,
  backend,
}: ModelEntity): ModelVersion {
  return { version, task, classes, checkpoint, sha256, dimension, backend };
}

function filterLevelOf({ filter, level }: Readonly<Record<string, string>>): FilterLevel | null {
  return filter === undefined ? null : { filter, level: Number(level) };
}

/** What was kept of a command, as it was written. */
export function receiptOf({
  id,
  position,
  details,
  registryVersion,
  ...entity
}: ReceiptEntity): CommandReceipt {
  const counts = (entity.movedCounts ?? '').split(',').map(Number);
  return {
    id,
    position,
    details: detailsIn(details),
    registryVersion,
    moved: new Map(entity.movedClasses.map((name, index) => [name, counts[index] ?? 0])),
  };
}

function detailsIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LetheError('invalid-message', 'Redis holds a receipt of a command that can not be read', {
      field: 'stores.redis',
      value: text,
      remedy: 'See who else writes below the keys of Lethe, and restore Redis from a backup.',
      cause,
    });
  }
}
