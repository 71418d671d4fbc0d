import type { OperatorFunction } from 'rxjs';
import { type Answerable, type Answering, answerQueries } from '../answering/answerQueries.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/** Answers queries in batches, each batch with the state of the registry at that moment. */
export function answer({
  probe,
  batchSize,
  ...answering
}: Answering & { readonly probe: Probe; readonly batchSize: number }): OperatorFunction<
  Flow<Answerable>,
  Flow<Prediction>
> {
  return mapAcceptedInBatches(batchSize, (queries, sources) =>
    timedAsync(probe, 'answer', sources, () => answerQueries(queries, sources, answering)),
  );
}
