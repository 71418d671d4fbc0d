import type { ModelVersion } from 'lethe/internal/domain/messages/model.js';
import { encoded } from 'lethe/internal/model/checkpoint/arrays.js';
import { sha256Of } from 'lethe/internal/model/checkpoint/files.js';
import { loadTensorflow, type TensorflowBackend } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import type { Trainer, TrainingTask } from 'lethe/internal/model/trainer.js';
import { createImageClassifier } from '../imageSsre/classifier.js';
import type { ImageSsreConfig } from '../imageSsre/config.js';
import { convolutionsOf, type ImageState } from '../imageSsre/network.js';
import { trainImageTask } from '../imageSsre/trainTask.js';
import type { LearnerTools } from '../learnerTools.js';

/**
 * Trains and loads SSRE on images for an experiment: in this process, since nothing else runs meanwhile, its models kept
 * in memory. The "vectors" of its tasks are the images' numbers from 0 to 255, plane by plane.
 * @throws LetheError `backend-unavailable`
 */
export async function imageLearner(
  config: ImageSsreConfig,
  preference: 'auto' | TensorflowBackend,
): Promise<LearnerTools> {
  const { tf, backend } = await loadTensorflow(preference);
  const states = new Map<string, ImageState>();
  const { side, temperature } = config;

  const newTrainer = async (_: string, from?: ModelVersion): Promise<Trainer> => {
    let state = from ? stateOf(states, from) : null;
    return {
      backend,
      train: async (task, onProgress) => {
        const startedAt = performance.now();
        const epochs = (state === null ? config.initial : config.incremental).epochs;
        state = await trainImageTask(tf, state, imagesOf(task), config, ({ epoch, loss }) =>
          onProgress({ epoch, epochs, loss, ms: performance.now() - startedAt }),
        );
        const model = described(state, task.task, { backend, dimension: 3 * side * side });
        states.set(model.version, state);
        return model;
      },
      close: async () => undefined,
    };
  };
  return {
    newTrainer,
    load: async (model) =>
      createImageClassifier(tf, stateOf(states, model), {
        version: model.version,
        backend,
        side,
        temperature,
      }),
  };
}

function imagesOf({ classes, vectors, labels, unlearned }: TrainingTask) {
  return { classes, labels, unlearned, images: Uint8Array.from(vectors) };
}

/** The version of a state, named by its contents as those of checkpoints are. */
function described(
  { tasks, classes, trunk, head }: ImageState,
  task: string,
  origin: Pick<ModelVersion, 'backend' | 'dimension'>,
): ModelVersion {
  const arrays = [
    head.rows,
    head.bias,
    ...convolutionsOf(trunk).flatMap(({ kernel, bias }) => [kernel, bias]),
  ];
  const sha256 = sha256Of(encoded(arrays.map((values) => ({ values }))));
  const version = `v${String(tasks).padStart(4, '0')}-${sha256.slice(0, 8)}`;
  return { ...origin, version, task, classes: [...classes], checkpoint: `memory:${version}`, sha256 };
}

function stateOf(states: ReadonlyMap<string, ImageState>, { version }: ModelVersion): ImageState {
  const state = states.get(version);
  if (!state) throw new RangeError(`this learner has trained no model ${version}`);
  return state;
}
