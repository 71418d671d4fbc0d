import type { Observable } from 'rxjs';
import type { Prediction } from '../domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';
import type { Topics } from '../domain/topics.js';

/** What a client follows. */
export type FollowedRole = 'predictions' | 'events' | 'dead-letters';

/**
 * Sends a query and waits for its answer; undefined if the time expires first.
 * @throws LetheError why it was refused
 */
export type Asking = (
  record: OutgoingRecord,
  waiting: { readonly timeoutMs: number; readonly signal: AbortSignal },
) => Promise<Prediction | undefined>;

/** A way to a Lethe: messages in, topics out. The gateway's client is one, and so is a log. */
export interface Door {
  /** Names under which records are encoded. */
  readonly topics: Topics;
  /** Key of commands; the gateway knows it. */
  readonly modelName?: string;
  /** Sender of the commands, for the audit chain. */
  readonly actor?: string | undefined;
  /** Set if the connection itself waits for answers; otherwise they are found among the predictions. */
  readonly ask?: Asking;
  /** Resolves when all are in the log. */
  publish(records: Iterable<OutgoingRecord> | AsyncIterable<OutgoingRecord>): Promise<void>;
  /** Follows a topic from now on: resolves when nothing written afterwards can be missed. */
  tail(role: FollowedRole): Promise<Observable<LogRecord>>;
}
