import type { Prediction } from 'lethe/internal/domain/messages/prediction.js';
import type { OutgoingRecord } from 'lethe/internal/domain/record.js';
import type { Asking } from 'lethe/internal/following/door.js';
import { Observable } from 'rxjs';

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
