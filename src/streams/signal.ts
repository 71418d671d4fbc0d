import { map, type OperatorFunction } from 'rxjs';
import type { Loss } from '../adapters/eventLog.js';
import type { LetheError, ReasonCode } from '../domain/errors.js';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { LogRecord } from '../domain/record.js';
import type { Flow } from '../operators/flow.js';

/** What the processor did, after it was written: for telemetry, the console and programs that embed Lethe. */
export type Signal =
  /** `source`: the query's record. */
  | { readonly kind: 'prediction'; readonly prediction: Prediction; readonly source: LogRecord }
  | {
      readonly kind: 'event';
      readonly event: LetheEvent;
      /** The record of the command that it answers, if it answers one immediately. */
      readonly source?: LogRecord;
    }
  | { readonly kind: 'stored'; readonly fresh: boolean }
  /** Which worker is the learner: emitted when this one becomes it, or stands by for another. */
  | { readonly kind: 'learner'; readonly is: 'this' | 'another' }
  /** A topology failed and restarts in `ms` milliseconds, or it runs (emitted at its start, and when it runs again). */
  | {
      readonly kind: 'topology';
      readonly name: string;
      readonly is: 'restarting';
      readonly error: LetheError;
      readonly ms: number;
    }
  | { readonly kind: 'topology'; readonly name: string; readonly is: 'running' }
  /** A model cannot be made now, and Lethe retries; null when it can again. */
  | { readonly kind: 'model-waits'; readonly what: 'training' | 'erasing'; readonly error: LetheError | null }
  /** This worker holds something of erased classes, by these names, and could not remove it; it retries. */
  | { readonly kind: 'residue'; readonly holds: readonly string[] }
  /** Records were deleted before they were read; reading continued after them. */
  | { readonly kind: 'lost'; readonly loss: Loss }
  /**
   * Commands were deleted before they were read: none is carried out until somebody accepts that; empty when somebody
   * has.
   */
  | { readonly kind: 'commands-lost'; readonly losses: readonly Loss[] }
  /** The registry does not confirm an event about an effect: another program wrote it, or the store went back. */
  | {
      readonly kind: 'unconfirmed';
      readonly event: EventKind;
      readonly position: string;
      readonly why: string;
    }
  | {
      readonly kind: 'dead-letter';
      readonly code: ReasonCode;
      readonly message: string;
      readonly source: LogRecord;
    };

/** Emits a signal for each published item of a flow: a dead letter for a refused one, `describe` for the others. */
export function toSignals<T>(
  describe: (value: T, source: LogRecord) => Signal,
): OperatorFunction<Flow<T>, Signal> {
  return map((item) =>
    item.ok
      ? describe(item.value, item.source)
      : { kind: 'dead-letter', code: item.error.code, message: item.error.message, source: item.source },
  );
}
