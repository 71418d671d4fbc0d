import { LetheError } from '../domain/errors.js';
import { rowOf, stacked } from '../domain/vector.js';
import type { Classifier } from '../model/classifier.js';

/** A message with what one model version makes of its vector. */
export type Predicted<T> = T & {
  readonly model: Pick<Classifier, 'version' | 'classes' | 'temperatureFactor'>;
  /** One logit for each of the model's classes. */
  readonly logits: Float32Array;
};

/** Messages with what this model makes of them; what another one made is replaced. */
export async function predictedBy<T extends { readonly vector: Float32Array }>(
  model: Classifier,
  messages: readonly T[],
): Promise<Predicted<T>[]> {
  const vectors = stacked(
    messages.map((message) => message.vector),
    model.dimension,
  );
  const logits = await model.logits(vectors);
  return messages.map((message, index) => ({
    ...message,
    model,
    logits: rowOf(logits, index, model.classes.length),
  }));
}

/** Of a query that comes before the first model. */
export const NO_MODEL = new LetheError(
  'no-model',
  'no task has been learned yet, so there is no model to answer with',
  {
    remedy:
      'Send a learn command with its samples and wait for model-published. Then send the query again, or replay its dead letter.',
    retriable: true,
  },
);
