import { merge, type Observable, Subscription } from 'rxjs';
import { refusalOf } from '../client/refusalOf.js';
import { LetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import type { GatewayClient } from '../streams/transports/http/client.js';

/** The answers to queries that are about to be sent. */
export interface Answers {
  /** A query of this id is on its way. */
  expect(id: string): void;
  /** No more are expected. */
  allSent(): void;
  /** Hands over each prediction as it comes; resolves when every expected query was answered or refused. */
  each(onPrediction: (record: LogRecord) => void): Promise<void>;
  /** Why queries became dead letters. */
  readonly refused: readonly LetheError[];
  stop(): void;
}

/** Follows predictions and dead letters from now on, so that no answer to a query sent afterwards is missed. */
export async function followAnswers(client: GatewayClient): Promise<Answers> {
  const [predictions, deadLetters] = await Promise.all([
    client.tail('predictions'),
    client.tail('dead-letters'),
  ]);
  const records: Observable<LogRecord> = merge(predictions, deadLetters);
  const following = new Subscription();
  const expected = new Set<string>();
  const refused: LetheError[] = [];
  let complete = false;
  let finish: () => void = () => undefined;
  const check = (): void => {
    if (complete && expected.size === 0) finish();
  };
  return {
    refused,
    expect: (id) => expected.add(id),
    allSent() {
      complete = true;
      check();
    },
    each: (onPrediction) =>
      new Promise((resolve, reject) => {
        finish = resolve;
        following.add(
          records.subscribe({
            next(record) {
              const refusal = refusalOf(record);
              const id = refusal ? record.headers.ce_id : (record.key ?? undefined);
              if (id === undefined || !expected.delete(id)) return;
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
  return new LetheError('unreachable', 'Lethe ended before it had answered all queries', {
    remedy: 'Start it again and send the queries again; their ids stay the same.',
    retriable: true,
  });
}
