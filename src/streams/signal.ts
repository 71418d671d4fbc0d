import { map, type OperatorFunction } from 'rxjs';
import type { Loss } from '../adapters/eventLog.js';
import type { LetheError, ReasonCode } from '../domain/errors.js';
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
  /** A topology failed and starts again in `ms` milliseconds, or it runs (told at its start, and when it runs again). */
  | {
      readonly kind: 'topology';
      readonly name: string;
      readonly is: 'restarting';
      readonly error: LetheError;
      readonly ms: number;
    }
  | { readonly kind: 'topology'; readonly name: string; readonly is: 'running' }
  /** A model can't be made now, and is tried again; null when it is no longer waited for. */
  | { readonly kind: 'model-waits'; readonly what: 'training' | 'erasing'; readonly error: LetheError | null }
  /** This worker holds something of erased classes, by these names, and could not remove it; it is tried again. */
  | { readonly kind: 'residue'; readonly holds: readonly string[] }
  /** Records were deleted before they were read; reading went on behind them. */
  | { readonly kind: 'lost'; readonly loss: Loss }
  /** Commands were deleted before they were read: none is carried out until someone accepts that; empty when one has. */
  | { readonly kind: 'commands-lost'; readonly losses: readonly Loss[] }
  /** An event tells of an effect that the registry knows nothing of: someone else wrote it, or the store went back. */
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
