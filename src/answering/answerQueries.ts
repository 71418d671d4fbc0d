import type { ClassRegistry } from '../adapters/knowledgeStore.js';
import type { RegistrySnapshot } from '../domain/classes.js';
import { type LetheError, toLetheError } from '../domain/errors.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { Query } from '../domain/messages/query.js';
import type { LogRecord } from '../domain/record.js';
import { msSince, writtenAt } from '../domain/recordTime.js';
import type { Embedded } from '../inputs/embedInputs.js';
import { type AnswerOptions, answerTo } from '../model/answer/answer.js';
import { uniformFor } from '../model/answer/draw.js';
import type { Classifier } from '../model/classifier.js';
import { NO_MODEL, type Predicted, predictedBy } from './predicted.js';
import type { Assessed } from './screen.js';

/** A query with all that its answer is made of. */
export type Answerable = Predicted<Assessed<Embedded<Query>>>;

/** What answers are made with. */
export interface Answering extends AnswerOptions {
  readonly registry: ClassRegistry;
  /** The model that the registry names, as soon as it is loaded; null where it names none. */
  readonly current: () => Promise<Classifier | null>;
  readonly seed: number;
}

/**
 * Makes the predictions out of the filter's assessments and the model's logits. The registry is asked for its newest
 * state here, after the queries were read: a class that was unlearned while they were under way, by
 * whichever worker, is already not named any more (*read your unlearn*, docs/decisions/0011). Its model is the one that the
 * registry names: what another one made of a query, while that was under way, is made again.
 * @param sources the records that the queries came with
 * @returns for each query its prediction, or why it has none
 */
export async function answerQueries(
  queries: readonly Answerable[],
  sources: readonly LogRecord[],
  options: Answering,
): Promise<(Prediction | LetheError)[]> {
  const { registry, current } = options;
  let made = queries;
  let snapshot = await registry.refresh();
  while (!made.every(({ model }) => model.version === snapshot.model?.version)) {
    const model = await current();
    if (!model) return queries.map(() => NO_MODEL);
    made = await predictedBy(model, made);
    snapshot = await registry.refresh();
  }
  return made.map((each, index) => {
    try {
      return answerOne(each, sources[index] as LogRecord, snapshot, options);
    } catch (error) {
      return toLetheError(error);
    }
  });
}

function answerOne(
  { message, vector, assessment, model, logits }: Answerable,
  source: LogRecord,
  snapshot: RegistrySnapshot,
  options: Answering,
): Prediction {
  const random = uniformFor(options.seed, message.id);
  const { classes: modelClasses, temperatureFactor } = model;
  const question = { vector, logits, modelClasses, temperatureFactor, assessment, random };
  return {
    queryId: message.id,
    ...answerTo(question, snapshot, options),
    modelVersion: model.version,
    registryVersion: snapshot.version,
    latencyMs: msSince(writtenAt(source)) ?? null,
    ...(message.truth !== undefined && { truth: message.truth }),
  };
}
