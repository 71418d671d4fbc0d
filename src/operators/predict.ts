import type { OperatorFunction } from 'rxjs';
import { LetheError } from '../domain/errors.js';
import { rowOf, stacked } from '../domain/vector.js';
import type { Classifier } from '../model/classifier.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import { type Probe, timedAsync } from './probe.js';

/** A message with what one model version makes of its vector. */
export type Predicted<T> = T & {
  readonly model: Pick<Classifier, 'version' | 'classes'>;
  /** One logit for each of the model's classes. */
  readonly logits: Float32Array;
};

/**
 * Classifies vectors in batches with the model that is current when the batch starts.
 * Before the first model is trained, queries are refused (`no-model`).
 */
export function predict<T extends { readonly vector: Float32Array }>(
  current: () => Promise<Classifier | null>,
  options: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<T>, Flow<Predicted<T>>> {
  return mapAcceptedInBatches(options.batchSize, async (messages, sources) => {
    const model = await current();
    if (!model) return messages.map(() => NO_MODEL);
    const vectors = stacked(
      messages.map((message) => message.vector),
      model.dimension,
    );
    const logits = await timedAsync(options.probe, 'predict', sources, () => model.logits(vectors));
    return messages.map((message, index) => ({
      ...message,
      model,
      logits: rowOf(logits, index, model.classes.length),
    }));
  });
}

const NO_MODEL = new LetheError(
  'no-model',
  'no task has been learned yet, so there is no model to answer with',
  {
    remedy: 'Send a learn command with its samples, wait for model-published, then replay this dead letter.',
    retriable: true,
  },
);
