import { sha256 } from '../domain/auditChain.js';
import { actorOf, decodeCommand, decodeEvent } from '../domain/cloudEvents.js';
import { toLetheError } from '../domain/errors.js';
import type { AuditEntry } from '../domain/messages/audit.js';
import type { Command } from '../domain/messages/command.js';
import type { EventKind } from '../domain/messages/event.js';
import { type LogRecord, positionOf } from '../domain/record.js';
import { timestampText } from '../domain/recordTime.js';
import type { Topics } from '../domain/topics.js';

/** Intermediate steps: other events report the result of a command. */
const PASSED_OVER: ReadonlySet<EventKind> = new Set([
  'task-embedded',
  'task-started',
  'task-epoch',
  'filter-calibrated',
  'known-calibrated',
]);

/**
 * The chain's entry for a record of the commands or the events topic; null if it needs none.
 * @param now Lethe's own clock: the time of the record is what its producer claims
 */
export function auditEntryOf(record: LogRecord, topics: Topics, model: string, now: Date): AuditEntry | null {
  const told = record.topic === topics.commands ? commandIn(record) : eventIn(record);
  return (
    told && {
      time: now.toISOString(),
      written: timestampText(record, now.getTime()),
      model,
      position: positionOf(record),
      told,
    }
  );
}

function commandIn(record: LogRecord): AuditEntry['told'] {
  try {
    const command = decodeCommand(record);
    return { of: 'command', id: command.id, actor: actorOf(record), body: bounded(withoutData(command)) };
  } catch (error) {
    return unreadable(record, error);
  }
}

function eventIn(record: LogRecord): AuditEntry['told'] | null {
  try {
    const event = decodeEvent(record);
    return PASSED_OVER.has(event.kind) ? null : { of: 'event', body: event };
  } catch (error) {
    return unreadable(record, error);
  }
}

/** Replaces examples, ids and subjects, which may have to be forgotten, by their hashes: the chain is never deleted. */
function withoutData({ id: _, ...body }: Command): Record<string, unknown> {
  if (body.kind !== 'unlearn') return body;
  const { examples, samples, subject, ...rest } = body;
  return {
    ...rest,
    ...(examples && { examples: examples.map((example) => sha256(JSON.stringify(example))) }),
    ...(samples && { samples: samples.map((id) => sha256(id)) }),
    ...(subject !== undefined && { subject: sha256(subject) }),
  };
}

/** A command may be as large as its topic takes; a record of the chain has to fit into the chain's. */
export const LARGEST_BODY = 256 * 1024;

/** The body, or its kind with the hash of the whole if it is too large for the chain. */
function bounded(body: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(body);
  const bytes = Buffer.byteLength(text);
  return bytes <= LARGEST_BODY ? body : { kind: body.kind, bytes, sha256: sha256(text) };
}

function unreadable(record: LogRecord, error: unknown): AuditEntry['told'] {
  return { of: 'unreadable', sha256: sha256(record.value), reason: toLetheError(error).code };
}
