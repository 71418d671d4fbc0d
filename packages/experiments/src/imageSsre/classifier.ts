import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import type { Classifier } from 'lethe/internal/model/classifier.js';
import { headLayer } from 'lethe/internal/model/ssre/head.js';
import { linear } from 'lethe/internal/model/ssre/linear.js';
import { toTensors as headTensors } from 'lethe/internal/model/ssre/trunk.js';
import { tensorClassifier } from 'lethe/internal/model/tensorflow/tensorClassifier.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import { standardisedPlanes } from './augmentation.js';
import { convolutionsOf, type ImageState, mapTrunk } from './network.js';
import { plainly, toTensors } from './sideBranch.js';
import { throughTrunk } from './throughTrunk.js';

/**
 * A classifier that computes the fused network of `state` on images: its "vectors" are the 3 * side * side numbers from
 * 0 to 255 of an image's red, green and blue planes.
 */
export function createImageClassifier(
  tf: Tensorflow,
  state: ImageState,
  {
    side,
    temperature,
    ...identity
  }: {
    readonly version: string;
    readonly backend: string;
    readonly temperature: number;
    readonly side: number;
  },
): Classifier {
  const trunk = mapTrunk(state.trunk, (convolution) => toTensors(tf, convolution));
  const head = headTensors(tf, headLayer(state.head, temperature));
  const classifier = tensorClassifier(tf, {
    ...identity,
    classes: [...state.classes],
    dimension: 3 * side * side,
    tensors: [
      head.weights,
      head.bias,
      ...convolutionsOf(trunk).flatMap(({ kernel, bias }): Tensor[] => [kernel, bias]),
    ],
    width: state.head.rows.length / state.classes.length,
    featuresOf: (planes: Tensor2D) =>
      throughTrunk(tf, standardisedPlanes(tf, planes, side), trunk, (x, c) => plainly(tf, x, c)),
    logitsOf: (features: Tensor2D) =>
      linear(tf, features, head, { inputGradient: false, parameterGradient: false }),
  });
  return { ...classifier, sees: 'images' };
}
