import { auditRecordSchema } from '../domain/messages/audit.js';
import { eventSchema } from '../domain/messages/event.js';
import type { LogRecord } from '../domain/record.js';
import type { Told } from './messages.js';

/** A record of the audit chain as a line of the timeline; null of one that another version wrote. */
export function toldBy(record: LogRecord): Told | null {
  const read = auditRecordSchema.safeParse(jsonOf(record.value));
  if (!read.success) return null;
  const { time, told } = read.data;
  const at = Date.parse(time) || 0;
  switch (told.of) {
    case 'command': {
      const { id, actor, body } = told;
      return {
        of: 'command',
        at,
        id,
        actor,
        kind: typeof body.kind === 'string' ? body.kind : 'unknown',
        about: aboutOf(body),
      };
    }
    case 'event': {
      const event = eventSchema.safeParse(told.body);
      return event.success ? { of: 'event', at, event: event.data } : null;
    }
    case 'unreadable':
      return { of: 'command', at, id: '', actor: null, kind: 'unreadable', about: told.reason };
  }
}

/** What a command is about. The chain holds no more than hashes of examples, ids and subjects: their number is told. */
function aboutOf({ classes, examples, samples, subject }: Readonly<Record<string, unknown>>): string {
  if (Array.isArray(classes))
    return classes.map((name) => (typeof name === 'string' ? name : '?')).join(', ');
  if (Array.isArray(examples)) return `${examples.length} examples`;
  if (Array.isArray(samples)) return `${samples.length} samples`;
  return subject === undefined ? '' : 'the samples of a subject';
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}
