import type { OperatorFunction } from 'rxjs';
import type { RegistrySnapshot } from '../domain/classes.js';
import { toLetheError } from '../domain/errors.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { Query } from '../domain/messages/query.js';
import type { LogRecord } from '../domain/record.js';
import { type AnswerOptions, answerTo } from '../model/answer/answer.js';
import { uniformFor } from '../model/answer/draw.js';
import type { ClassRegistry } from '../stores/knowledgeStore.js';
import type { Embedded } from './embed.js';
import type { Assessed } from './filterUnlearned.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import type { Predicted } from './predict.js';
import { type Probe, timedAsync } from './probe.js';

/**
 * Makes the predictions out of the filter's assessments and the model's logits. The registry is asked for its newest
 * state here, once a batch, after the queries were read: a class that was unlearned while they were under way, by
 * whichever worker, is already not named any more (*read your unlearn*, docs/decisions/0011).
 */
export function answer(
  options: AnswerOptions & {
    readonly registry: ClassRegistry;
    readonly seed: number;
    readonly probe: Probe;
    readonly batchSize: number;
  },
): OperatorFunction<Flow<Predicted<Assessed<Embedded<Query>>>>, Flow<Prediction>> {
  const { registry, seed, probe, batchSize } = options;
  const answerOne = (
    { message, vector, assessment, model, logits }: Predicted<Assessed<Embedded<Query>>>,
    writtenAt: number,
    snapshot: RegistrySnapshot,
  ): Prediction => {
    const random = uniformFor(seed, message.id);
    const question = { vector, logits, modelClasses: model.classes, assessment, random };
    return {
      queryId: message.id,
      ...answerTo(question, snapshot, options),
      modelVersion: model.version,
      registryVersion: snapshot.version,
      latencyMs: Math.max(0, Date.now() - writtenAt),
      ...(message.truth !== undefined && { truth: message.truth }),
    };
  };
  return mapAcceptedInBatches(batchSize, (predicted, sources) =>
    timedAsync(probe, 'answer', sources, async () => {
      const snapshot = await registry.refresh();
      return predicted.map((each, index) => {
        try {
          return answerOne(each, (sources[index] as LogRecord).timestamp, snapshot);
        } catch (error) {
          return toLetheError(error);
        }
      });
    }),
  );
}
