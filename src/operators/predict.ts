import type { OperatorFunction } from 'rxjs';
import { NO_MODEL, type Predicted, predictedBy } from '../answering/predicted.js';
import type { Classifier } from '../model/classifier.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/**
 * Classifies vectors in batches with the model that is current when the batch starts. Refuses queries before the
 * first model (`no-model`).
 */
export function predict<T extends { readonly vector: Float32Array }>(
  current: () => Promise<Classifier | null>,
  { batchSize, probe }: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<T>, Flow<Predicted<T>>> {
  return mapAcceptedInBatches(batchSize, async (messages, sources) => {
    const model = await current();
    if (!model) return messages.map(() => NO_MODEL);
    return timedAsync(probe, 'predict', sources, () => predictedBy(model, messages));
  });
}
