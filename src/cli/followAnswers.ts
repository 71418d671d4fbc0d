import { merge, type Observable, Subject, Subscription } from 'rxjs';
import type { GatewayClient } from '../adapters/http/client.js';
import { LetheError } from '../domain/errors.js';
import { reasonOf } from '../domain/reasonOf.js';
import type { LogRecord } from '../domain/record.js';
import { patiently } from '../following/patience.js';

/** The answers to queries that are about to be sent. */
export interface Answers {
  /** A query of this id is on its way. */
  expect(id: string): void;
  /** It was not sent after all. */
  withdraw(id: string): void;
  /** No more are expected. */
  allSent(): void;
  /** Hands over each prediction as it comes; resolves when every expected query was answered or refused. */
  each(onPrediction: (record: LogRecord) => void): Promise<void>;
  /** Why queries became dead letters. */
  readonly refused: readonly LetheError[];
  stop(): void;
}

/**
 * Follows predictions and dead letters from now on, so that no answer to a query sent afterwards is missed.
 * @param silenceMs without an answer for so long, the rest is waited for no more
 */
export async function followAnswers(client: GatewayClient, silenceMs: number): Promise<Answers> {
  const [predictions, deadLetters] = await Promise.all([
    client.tail('predictions'),
    client.tail('dead-letters'),
  ]);
  const records: Observable<LogRecord> = merge(predictions, deadLetters);
  const following = new Subscription();
  const expected = new Set<string>();
  const refused: LetheError[] = [];
  const heard = new Subject<void>();
  const look = async () => ({ missing: `${expected.size} of the queries have no answer` });
  let complete = false;
  let finish: () => void = () => undefined;
  const check = (): void => {
    if (complete && expected.size === 0) finish();
  };
  return {
    refused,
    expect(id) {
      expected.add(id);
      heard.next();
    },
    withdraw(id) {
      expected.delete(id);
      check();
    },
    allSent() {
      complete = true;
      check();
    },
    each: (onPrediction) =>
      new Promise((resolve, reject) => {
        finish = resolve;
        following.add(
          patiently(records, heard, 'the queries', { silenceMs, look }).subscribe({
            next(record) {
              const refusal = reasonOf(record);
              const id = refusal ? record.headers.ce_id : (record.key ?? undefined);
              if (id === undefined || !expected.delete(id)) return;
              heard.next();
              if (refusal) refused.push(refusal);
              else onPrediction(record);
              check();
            },
            error: reject,
            complete: () => reject(ended()),
          }),
        );
        check();
      }),
    stop: () => following.unsubscribe(),
  };
}

function ended(): LetheError {
  return new LetheError('unreachable', 'Lethe ended before it answered all queries', {
    remedy: 'Start it again, and send the queries again with the same ids.',
    retriable: true,
  });
}
