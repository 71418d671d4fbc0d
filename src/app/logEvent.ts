import type { Logger } from 'pino';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { TraceIds } from '../telemetry/traces/traceIds.js';

const FAILURES: readonly EventKind[] = [
  'task-failed',
  'command-rejected',
  'erase-failed',
  'rebuild-failed',
  'commands-lost',
  'store-brought-forward',
];

/** Fields that the logger writes itself. An event's field of the same name, as the level of a filter, must not replace them. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

/**
 * Logs an event under its kind: epochs as `debug`, failures as `warn`, the rest as `info`.
 * @param trace of the record that caused it
 */
export function logEvent(event: LetheEvent, trace: Partial<TraceIds>, logger: Logger): void {
  const { kind, ...rest } = event;
  const fields = Object.entries(rest).map(([name, value]) => [
    RESERVED.has(name) ? `event.${name}` : name,
    value,
  ]);
  const details = { ...Object.fromEntries(fields), ...trace };
  if (kind === 'task-epoch') logger.debug(details, kind);
  else if (FAILURES.includes(kind)) logger.warn(details, kind);
  else logger.info(details, kind);
}
