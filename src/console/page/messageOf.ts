import type { FeedMessage } from '../messages.js';

/** The required fields of each kind. A message with others is of another version, and skipped. */
const FIELDS: Readonly<Record<FeedMessage['kind'], readonly string[]>> = {
  knowledge: ['role', 'classes', 'tasks', 'databases'],
  map: ['classes', 'points', 'vectors', 'drawn'],
  rate: ['perSecond', 'routes'],
  training: ['task', 'stage', 'losses'],
  answer: ['id', 'at', 'label', 'route', 'evidence'],
  told: ['of', 'at'],
  missed: ['count'],
};

/** A message of the feed; null if it is none. */
export function messageOf(kind: string | undefined, json: string): FeedMessage | null {
  const data = parsed(json);
  if (kind === undefined || !isKind(kind)) return null;
  if (kind === 'training' && data === null) return { kind, data };
  const isWhole = isRecord(data) && FIELDS[kind].every((field) => Object.hasOwn(data, field));
  // The fields that tell the versions apart are there: the rest is as messages.ts has it.
  return isWhole ? ({ kind, data } as unknown as FeedMessage) : null;
}

function isKind(kind: string): kind is FeedMessage['kind'] {
  return Object.hasOwn(FIELDS, kind);
}

/** Whether it is an object that has fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The value of a JSON text; undefined if it is none. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
