import { fileURLToPath } from 'node:url';
import { LetheError } from '../../domain/errors.js';
import type { ModelVersion } from '../../domain/messages/model.js';
import { readCheckpoint } from '../checkpoint/readCheckpoint.js';
import type { Classifier } from '../classifier.js';
import { computed } from '../tensorflow/computed.js';
import { loadTensorflow, type TensorflowBackend } from '../tensorflow/loadTensorflow.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { throughBlocks } from './features.js';
import { linear } from './linear.js';
import { type SsreState, widthOf } from './network.js';
import { toTensors } from './trunk.js';

/** Rows computed at a time, to bound memory. */
const ROWS = 512;
const PLAIN = { inputGradient: false, parameterGradient: false } as const;

/**
 * Loads the classifier of a model version from its checkpoint.
 * @throws LetheError `checkpoint-corrupt` or `backend-unavailable`
 */
export async function loadClassifier(
  model: ModelVersion,
  { backend }: { readonly backend: 'auto' | TensorflowBackend },
): Promise<Classifier> {
  const loaded = await loadTensorflow(backend);
  const { state, config } = await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256);
  return createClassifier(loaded.tf, state, {
    version: model.version,
    backend: loaded.backend,
    temperature: config.temperature,
  });
}

/** A classifier that computes the fused network of `state`. */
export function createClassifier(
  tf: Tensorflow,
  state: SsreState,
  identity: { readonly version: string; readonly backend: string; readonly temperature: number },
): Classifier {
  const { dimension, trunk } = state;
  const classes = [...state.classes];
  const stem = toTensors(tf, trunk.stem);
  const blocks = trunk.blocks.map(({ first, second }) => ({
    first: toTensors(tf, first),
    second: toTensors(tf, second),
  }));
  const head = toTensors(tf, headLayer(state, identity.temperature));
  const tensors = [stem, head, ...blocks.flatMap(({ first, second }) => [first, second])];
  let disposed = false;

  const logitsOf = (vectors: Float32Array, count: number): Float32Array =>
    computed(tf, () => {
      const x = tf.tensor2d(vectors, [count, dimension]);
      const h = linear(tf, x, stem, { ...PLAIN, activation: 'relu' });
      return linear(tf, throughBlocks(tf, h, blocks), head, PLAIN).dataSync<'float32'>();
    });

  return {
    version: identity.version,
    classes,
    dimension,
    backend: identity.backend,
    logits: async (vectors) => {
      if (disposed) throw gone(identity.version);
      if (vectors.length % dimension !== 0) throw wrongDimension(vectors.length, dimension);
      const count = vectors.length / dimension;
      const result = new Float32Array(count * classes.length);
      for (let start = 0; start < count; start += ROWS) {
        const end = Math.min(start + ROWS, count);
        const part = logitsOf(vectors.subarray(start * dimension, end * dimension), end - start);
        result.set(part, start * classes.length);
      }
      return result;
    },
    dispose: () => {
      if (disposed) return;
      disposed = true;
      for (const { weights, bias } of tensors) {
        weights.dispose();
        bias.dispose();
      }
    },
  };
}

/** The classifier's rows as columns of a layer, with the temperature divided in. */
function headLayer({ classes, head, trunk }: SsreState, temperature: number) {
  const width = widthOf(trunk);
  const weights = new Float32Array(head.rows.length);
  for (let k = 0; k < classes.length; k++) {
    for (let i = 0; i < width; i++) {
      weights[i * classes.length + k] = (head.rows[k * width + i] as number) / temperature;
    }
  }
  const bias = head.bias.map((value) => value / temperature);
  return { inputs: width, outputs: classes.length, weights, bias };
}

function gone(version: string): LetheError {
  return new LetheError('internal', `classifier ${version} was disposed of and then asked`, {
    remedy: 'Ask the current classifier.',
    retriable: true,
  });
}

function wrongDimension(length: number, dimension: number): LetheError {
  return new LetheError('wrong-dimension', `${length} numbers are no vectors of ${dimension} components`, {
    field: 'vectors',
    value: String(length),
    remedy: `Send vectors of ${dimension} components, as the model was trained on.`,
  });
}
