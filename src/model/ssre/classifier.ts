import type { Classifier } from '../classifier.js';
import { tensorClassifier } from '../tensorflow/tensorClassifier.js';
import type { Tensorflow } from '../tensorflow/tensorflow.js';
import { throughBlocks } from './features.js';
import { headLayer } from './head.js';
import { linear } from './linear.js';
import { type SsreState, widthOf } from './network.js';
import { toTensors } from './trunk.js';

const PLAIN = { inputGradient: false, parameterGradient: false } as const;

/** A classifier that computes the fused network of `state`. */
export function createClassifier(
  tf: Tensorflow,
  state: SsreState,
  identity: { readonly version: string; readonly backend: string; readonly temperature: number },
): Classifier {
  const { dimension, trunk } = state;
  const stem = toTensors(tf, trunk.stem);
  const blocks = trunk.blocks.map(({ first, second }) => ({
    first: toTensors(tf, first),
    second: toTensors(tf, second),
  }));
  const head = toTensors(tf, headLayer(state.head, identity.temperature));
  const layers = [stem, head, ...blocks.flatMap(({ first, second }) => [first, second])];
  return tensorClassifier(tf, {
    version: identity.version,
    classes: [...state.classes],
    dimension,
    backend: identity.backend,
    temperatureFactor: state.temperatureFactor,
    tensors: layers.flatMap(({ weights, bias }) => [weights, bias]),
    width: widthOf(trunk),
    featuresOf: (x) => throughBlocks(tf, linear(tf, x, stem, { ...PLAIN, activation: 'relu' }), blocks),
    logitsOf: (h) => linear(tf, h, head, PLAIN),
  });
}
