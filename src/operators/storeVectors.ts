import type { OperatorFunction } from 'rxjs';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { Sample } from '../domain/messages/sample.js';
import type { Embedded } from '../inputs/embedInputs.js';
import { type StoredSample, storeSamples } from '../learning/storeSamples.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/**
 * Stores samples in DB-CIL, by id. Refuses samples of unlearned classes (they never return), of classes whose task is
 * over, and those that reuse the id of another sample.
 */
export function storeVectors(
  store: KnowledgeStore,
  options: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<Embedded<Sample>>, Flow<StoredSample>> {
  return mapAcceptedInBatches(options.batchSize, (samples, sources) =>
    timedAsync(options.probe, 'store', sources, () => storeSamples(store, samples)),
  );
}
