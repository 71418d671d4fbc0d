import { Observable } from 'rxjs';
import type { Prediction } from '../domain/messages/prediction.js';
import type { OutgoingRecord } from '../domain/record.js';
import type { Asking } from './door.js';

/** The answer to a query by a door that waits for it; nothing comes where the door's time is over first. */
export function asked(ask: Asking, record: OutgoingRecord, timeoutMs: number): Observable<Prediction> {
  return new Observable((subscriber) => {
    const gone = new AbortController();
    ask(record, { timeoutMs, signal: gone.signal }).then(
      (prediction) => {
        if (prediction) subscriber.next(prediction);
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => gone.abort();
  });
}
