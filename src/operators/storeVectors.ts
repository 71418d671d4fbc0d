import type { OperatorFunction } from 'rxjs';
import type { Sample } from '../domain/messages/sample.js';
import type { KnowledgeStore } from '../stores/knowledgeStore.js';
import type { Embedded } from './embedInputs.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';
import { type StoredSample, storeSamples } from './storeSamples.js';

/**
 * Stores samples in DB-CIL, by id. Refused are samples of unlearned classes (they never re-enter), of classes
 * whose task is over, and those that reuse the id of another sample.
 */
export function storeVectors(
  store: KnowledgeStore,
  options: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<Embedded<Sample>>, Flow<StoredSample>> {
  return mapAcceptedInBatches(options.batchSize, (samples, sources) =>
    timedAsync(options.probe, 'store', sources, () => storeSamples(store, samples)),
  );
}
