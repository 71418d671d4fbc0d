import { defer, filter, merge, type Observable, takeUntil } from 'rxjs';
import { encodeEvent } from '../domain/cloudEvents.js';
import { mapInBatches } from '../operators/mapInBatches.js';
import type { Common, Detecting } from './context.js';
import type { Signal } from './signal.js';

/**
 * Calibrates the filter anew after every change of the databases, in the background: until it is done a filter that
 * searches works at its former level. Changes that come meanwhile share the next calibration. Also at the start, where the
 * filter lacks something that a calibration makes.
 */
export function calibration(
  { screen, known, log, topics, settings, stop }: Common & Detecting,
  changes: Observable<unknown>,
): Observable<Signal> {
  const missing = defer(() => screen.keepUp()).pipe(filter((isComplete) => !isComplete));
  return merge(missing, changes).pipe(
    takeUntil(stop),
    mapInBatches(Number.POSITIVE_INFINITY, async (): Promise<Signal[]> => {
      const calibrated = [await screen.calibrate(), known && (await known())];
      const events = calibrated.filter((event) => event !== null);
      await log.publish(events.map((event) => encodeEvent(event, settings.modelName, topics)));
      return events.map((event) => ({ kind: 'event', event }));
    }),
  );
}
