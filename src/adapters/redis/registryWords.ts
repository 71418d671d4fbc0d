import { sha256 } from '../../domain/auditChain.js';
import type { ClassRecord, FilterLevel, TaskRecord } from '../../domain/classes.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import type { CommandNote, RegistryChange } from '../knowledgeStore.js';
import { encodeCentroid } from './encoding.js';
import { entityWords } from './entities.js';
import { type EntityKind, entityId, type Keys } from './keys.js';

/** Room for this many classes (or tasks) that one change brings, in the order of first sight. */
const ORDER_STEP = 100_000;

/** Commands of Redis, each a list of its words. */
type Commands = (string | Buffer)[][];

/**
 * The commands that carry out a change of the registry, all in one script.
 * @param version the version that the change makes
 * @param moving the classes whose vectors the change moves, for the receipt
 */
export function changeCommands(
  keys: Keys,
  change: RegistryChange,
  version: number,
  moving: readonly string[] = [],
): Commands {
  const {
    put = [],
    drop = [],
    putTasks = [],
    dropTasks = [],
    model,
    filterLevel,
    knownLevel,
    detector,
    holdersGone = [],
    command,
  } = change;
  const orderOf = (index: number): string => String(version * ORDER_STEP + index);
  return [
    ...drop.flatMap((name) => dropped(keys, keys.classes, 'class', name)),
    ...dropTasks.flatMap((name) => [
      ...dropped(keys, keys.tasks, 'task', name),
      ['DEL', keys.refused(name), keys.refusedIds(name)],
    ]),
    ...put.flatMap((record, index) => [
      ...written(keys.entity('class', record.name), classEntity(record)),
      ['ZADD', keys.classes, 'NX', orderOf(index), entityId(record.name)],
    ]),
    ...putTasks.flatMap((record, index) => [
      ...(record.state === 'open' ? [] : [['DEL', keys.refused(record.name), keys.refusedIds(record.name)]]),
      ...written(keys.entity('task', record.name), taskEntity(record)),
      ['ZADD', keys.tasks, 'NX', orderOf(index), entityId(record.name)],
    ]),
    ...(model ? modelCommands(keys, model) : []),
    ...(filterLevel ? levelCommands(keys, filterLevel) : []),
    ...(knownLevel === undefined ? [] : [['HSET', keys.current, 'known', String(knownLevel)]]),
    ...(detector === undefined ? [] : detectorCommands(keys, detector)),
    ...holdersGone.map(({ id, seenAt }) => ['HSET', keys.holdersGone, id, seenAt]),
    ...(command ? [receiptWords(keys, command, version, moving)] : []),
  ];
}

/** Commands as arguments of the script CHANGE: each preceded by the number of its words. */
export function flattened(commands: Commands): (string | Buffer)[] {
  return commands.flatMap((words) => [String(words.length), ...words]);
}

/** What an entity had before goes: its lists may have become empty. */
function written(key: string, entity: Parameters<typeof entityWords>[1]): Commands {
  return [['DEL', key], entityWords(key, entity)];
}

function dropped(keys: Keys, order: string, kind: EntityKind, name: string): Commands {
  return [
    ['DEL', keys.entity(kind, name)],
    ['ZREM', order, entityId(name)],
  ];
}

function classEntity(record: ClassRecord) {
  const { name, state, task, count, centroid, erasing, withdrawn, before, erasure } = record;
  return {
    name,
    state,
    task,
    count,
    ...(centroid ? { centroid: encodeCentroid(centroid) } : {}),
    ...(erasing === undefined ? {} : { erasing }),
    ...(withdrawn === undefined ? {} : { withdrawn }),
    ...(before === undefined ? {} : { before }),
    ...(erasure === undefined ? {} : { erasure: JSON.stringify(erasure) }),
  };
}

function taskEntity({ name, state, classes, samples }: TaskRecord) {
  return { name, state, classes: [...classes], samples };
}

function modelCommands(keys: Keys, model: ModelVersion): Commands {
  return [
    ...written(keys.entity('model', model.version), { ...model }),
    ['HSET', keys.current, 'model', entityId(model.version)],
  ];
}

function levelCommands(keys: Keys, { filter, level, refinement }: FilterLevel): Commands {
  return [
    ['HDEL', keys.current, 'refinement'],
    ['HSET', keys.current, 'filter', filter, 'level', String(level)],
    ...(refinement ? [['HSET', keys.current, 'refinement', JSON.stringify(refinement)]] : []),
  ];
}

function detectorCommands(keys: Keys, detector: Uint8Array | null): Commands {
  if (detector === null)
    return [
      ['DEL', keys.detector],
      ['HDEL', keys.current, 'detector'],
    ];
  const { buffer, byteOffset, byteLength } = detector;
  return [
    ['SET', keys.detector, Buffer.from(buffer, byteOffset, byteLength)],
    ['HSET', keys.current, 'detector', sha256(detector)],
  ];
}

function receiptWords(
  keys: Keys,
  { id, position, details }: CommandNote,
  version: number,
  moving: readonly string[],
): string[] {
  const entity = {
    id,
    position,
    details: JSON.stringify(details ?? null),
    registryVersion: version,
    movedClasses: [...moving],
  };
  return entityWords(keys.entity('receipt', id), entity);
}
