import { filter, map, type Observable, type OperatorFunction } from 'rxjs';
import type { ReasonCode } from '../domain/errors.js';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { LogRecord } from '../domain/record.js';
import type { Flow } from '../operators/flow.js';

/** What the processor did, after it was done and written: for telemetry, the console and whoever embeds Lethe. */
export type Signal =
  /** `source`: the query's record. */
  | { readonly kind: 'prediction'; readonly prediction: Prediction; readonly source: LogRecord }
  | {
      readonly kind: 'event';
      readonly event: LetheEvent;
      /** The record of the command that it answers; only where it answers one at once. */
      readonly source?: LogRecord;
    }
  | { readonly kind: 'stored'; readonly fresh: boolean }
  /** Which worker is the learner: told when this one becomes it, or stands by for another. */
  | { readonly kind: 'learner'; readonly is: 'this' | 'another' }
  | {
      readonly kind: 'dead-letter';
      readonly code: ReasonCode;
      readonly message: string;
      readonly source: LogRecord;
    };

/** Tells of each item of a flow that was published: a refused one as a dead letter, another by `describe`. */
export function toSignals<T>(
  describe: (value: T, source: LogRecord) => Signal,
): OperatorFunction<Flow<T>, Signal> {
  return map((item) =>
    item.ok
      ? describe(item.value, item.source)
      : { kind: 'dead-letter', code: item.error.code, message: item.error.message, source: item.source },
  );
}

/** The events of these kinds among the signals. */
export function eventsOf<K extends EventKind>(
  events: Observable<LetheEvent>,
  ...kinds: readonly K[]
): Observable<Extract<LetheEvent, { kind: K }>> {
  const wanted: readonly EventKind[] = kinds;
  return events.pipe(
    filter((event): event is Extract<LetheEvent, { kind: K }> => wanted.includes(event.kind)),
  );
}
