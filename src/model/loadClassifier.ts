import { fileURLToPath } from 'node:url';
import type { ModelVersion } from '../domain/messages/model.js';
import { createAnalyticClassifier } from './analytic/classifier.js';
import { readCheckpoint } from './checkpoint/readCheckpoint.js';
import type { Classifier } from './classifier.js';
import { createClassifier } from './ssre/classifier.js';
import { loadTensorflow, type TensorflowBackend } from './tensorflow/loadTensorflow.js';

/**
 * Loads the classifier of a model version from its checkpoint, whichever learner made it.
 * @throws LetheError `checkpoint-corrupt` or `backend-unavailable`
 */
export async function loadClassifier(
  model: ModelVersion,
  { backend }: { readonly backend: 'auto' | TensorflowBackend },
): Promise<Classifier> {
  const loaded = await loadTensorflow(backend);
  const checkpoint = await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256);
  const identity = { version: model.version, backend: loaded.backend };
  if (checkpoint.learner === 'analytic') {
    return createAnalyticClassifier(loaded.tf, checkpoint.state, checkpoint.config, identity);
  }
  const { temperature } = checkpoint.config;
  return createClassifier(loaded.tf, checkpoint.state, { ...identity, temperature });
}
