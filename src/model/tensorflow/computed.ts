import type { Tensorflow } from './tensorflow.js';

/**
 * What `compute` returns, after all tensors that it made are disposed of. `tf.tidy` would walk through every number of a
 * returned array in search of tensors, which costs more than the computation itself.
 */
export function computed<T>(tf: Tensorflow, compute: () => T): T {
  tf.engine().startScope();
  try {
    return compute();
  } finally {
    tf.engine().endScope();
  }
}
