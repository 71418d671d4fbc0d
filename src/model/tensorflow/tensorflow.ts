/**
 * The namespace of TensorFlow.js. Code that computes takes it as an argument: native TensorFlow comes with a copy of its
 * own, and tensors belong to the copy that made them.
 */
export type Tensorflow = typeof import('@tensorflow/tfjs');
