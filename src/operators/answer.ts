import type { OperatorFunction } from 'rxjs';
import type { Prediction } from '../domain/messages/prediction.js';
import type { Query } from '../domain/messages/query.js';
import { type AnswerOptions, answerTo } from '../model/answer/answer.js';
import { uniformFor } from '../model/answer/draw.js';
import type { ClassRegistry } from '../stores/knowledgeStore.js';
import type { Embedded } from './embed.js';
import type { Assessed } from './filterUnlearned.js';
import type { Flow } from './flow.js';
import { mapAccepted } from './mapAccepted.js';
import type { Predicted } from './predict.js';
import { type Probe, timed } from './probe.js';

/**
 * Makes the prediction out of the filter's assessment and the model's logits. The registry is looked at here and now:
 * a class that was unlearned while the query was under way is already not named any more.
 */
export function answer(
  options: AnswerOptions & { readonly registry: ClassRegistry; readonly seed: number; readonly probe: Probe },
): OperatorFunction<Flow<Predicted<Assessed<Embedded<Query>>>>, Flow<Prediction>> {
  const { registry, seed, probe } = options;
  return mapAccepted(({ message, vector, assessment, model, logits }, source) =>
    timed(probe, 'answer', () => {
      const snapshot = registry.snapshot();
      const random = uniformFor(seed, message.id);
      const question = { vector, logits, modelClasses: model.classes, assessment, random };
      return {
        queryId: message.id,
        ...answerTo(question, snapshot, options),
        modelVersion: model.version,
        registryVersion: snapshot.version,
        latencyMs: Math.max(0, Date.now() - source.timestamp),
        ...(message.truth !== undefined && { truth: message.truth }),
      };
    }),
  );
}
