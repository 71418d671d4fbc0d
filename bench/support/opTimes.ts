import { performance } from 'node:perf_hooks';
import type { Tensorflow } from '../../src/model/tensorflow/tensorflow.js';

/** Milliseconds by TensorFlow operation, e.g. `MatMul`; native operations end before their call returns. */
export type OpTimes = Map<string, number>;

type Execute = (name: string, ...rest: unknown[]) => unknown;
const METHODS = ['executeSingleOutput', 'executeMultipleOutputs'] as const;
type NativeBackend = Record<(typeof METHODS)[number], Execute>;

/**
 * Notes the time of every native operation while `work` runs; work may clear what was noted of its warming up.
 * @throws where TensorFlow is not native
 */
export async function withOpTimes(tf: Tensorflow, work: (times: OpTimes) => Promise<void>): Promise<void> {
  const backend: unknown = tf.backend();
  if (!isNative(backend)) throw new Error('operations are timed on native TensorFlow alone');
  const times: OpTimes = new Map();
  const originals = METHODS.map((method) => [method, backend[method]] as const);
  for (const [method, execute] of originals) {
    backend[method] = (name, ...rest) => {
      const started = performance.now();
      try {
        return execute.call(backend, name, ...rest);
      } finally {
        times.set(name, (times.get(name) ?? 0) + performance.now() - started);
      }
    };
  }
  try {
    await work(times);
  } finally {
    for (const [method, execute] of originals) backend[method] = execute;
  }
}

function isNative(backend: unknown): backend is NativeBackend {
  return typeof backend === 'object' && backend !== null && METHODS.every((method) => method in backend);
}
