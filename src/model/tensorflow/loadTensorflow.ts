import { createRequire } from 'node:module';
import { join } from 'node:path';
import { LetheError } from '../../domain/errors.js';
import { requireBinding } from './binding.js';
import { nativeFolder } from './nativeFolder.js';
import { restoreRemovedUtil } from './removedUtil.js';
import type { Tensorflow } from './tensorflow.js';

/** Backends in the order in which they are tried. */
export const TENSORFLOW_BACKENDS = ['tensorflow-gpu', 'tensorflow', 'wasm', 'cpu'] as const;
export type TensorflowBackend = (typeof TENSORFLOW_BACKENDS)[number];

/** A backend that was passed over, and why. */
export interface TriedBackend {
  readonly backend: TensorflowBackend;
  readonly reason: string;
}

export interface LoadedTensorflow {
  readonly tf: Tensorflow;
  readonly backend: TensorflowBackend;
  /** The backends before it in the order, with the reasons why they are not used. */
  readonly tried: readonly TriedBackend[];
}

const loaded = new Map<string, Promise<LoadedTensorflow>>();

/**
 * Loads TensorFlow.js with the fastest backend there is: CUDA, native, WebAssembly, plain JavaScript. Native ones come
 * from npm or, where npm can't install them, from the cache of `scripts/provision-tensorflow.mjs`. One backend serves a
 * whole process: its first caller chooses.
 * @param preference a backend that must be used, or `auto` for the first that works
 * @throws LetheError `backend-unavailable` where the wanted backend does not load
 */
export function loadTensorflow(preference: 'auto' | TensorflowBackend = 'auto'): Promise<LoadedTensorflow> {
  const known = loaded.get(preference);
  if (known) return known;
  const loading = load(preference);
  loaded.set(preference, loading);
  return loading;
}

async function load(preference: 'auto' | TensorflowBackend): Promise<LoadedTensorflow> {
  const wanted = preference === 'auto' ? TENSORFLOW_BACKENDS : [preference];
  const tried: TriedBackend[] = [];
  for (const backend of wanted) {
    try {
      const tf = await LOADERS[backend]();
      if (backend !== 'tensorflow-gpu' || computesOnGpu(tf)) return { tf, backend, tried };
      tried.push({ backend, reason: 'TensorFlow found no GPU, CUDA or cuDNN that it can use (docs/gpu.md)' });
      // It computes on the CPU then; a second native TensorFlow in the same process could clash with it.
      if (preference === 'auto') return { tf, backend: 'tensorflow', tried };
    } catch (error) {
      tried.push({ backend, reason: reasonOf(error) });
    }
  }
  throw new LetheError('backend-unavailable', `TensorFlow backend ${preference} does not load`, {
    field: 'model.backend',
    value: preference,
    remedy:
      'Use auto for the best available backend, or run `node scripts/provision-tensorflow.mjs` for native TensorFlow. For a GPU, see docs/gpu.md.',
    evidence: { tried },
  });
}

const LOADERS: Readonly<Record<TensorflowBackend, () => Promise<Tensorflow>>> = {
  'tensorflow-gpu': () => native('@tensorflow/tfjs-node-gpu'),
  tensorflow: () => native('@tensorflow/tfjs-node'),
  wasm: async () => {
    const tf = await portable();
    await import('@tensorflow/tfjs-backend-wasm');
    return activated(tf, 'wasm');
  },
  cpu: async () => activated(await portable(), 'cpu'),
};

/** tfjs without a native part. Production mode keeps its advertisement for tfjs-node out of the log. */
async function portable(): Promise<Tensorflow> {
  const module = await import('@tensorflow/tfjs');
  module.enableProdMode();
  return module;
}

async function native(name: string): Promise<Tensorflow> {
  // Read by libtensorflow when it is loaded: its notes on CPU features are no news to a user.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  restoreRemovedUtil();
  const reasons: string[] = [];
  for (const base of [import.meta.url, join(nativeFolder(), 'package.json')]) {
    try {
      const require = createRequire(base);
      requireBinding(require, name);
      const tf: unknown = require(name);
      if (!isTensorflow(tf)) throw new Error(`${name} is not TensorFlow.js`);
      tf.enableProdMode();
      return await activated(tf, 'tensorflow');
    } catch (error) {
      reasons.push(reasonOf(error));
    }
  }
  throw new Error([...new Set(reasons)].join('; '));
}

/** Whether native TensorFlow has a GPU: without one the package for GPUs loads all the same, and computes on the CPU. */
export function computesOnGpu(tf: Tensorflow): boolean {
  const backend: unknown = tf.backend();
  return (
    typeof backend === 'object' &&
    backend !== null &&
    'isUsingGpuDevice' in backend &&
    backend.isUsingGpuDevice === true
  );
}

async function activated(tf: Tensorflow, name: string): Promise<Tensorflow> {
  if (!(await tf.setBackend(name))) throw new Error(`backend ${name} could not be initialised`);
  await tf.ready();
  const product = tf.tidy(() => tf.matMul([[2]], [[3]]).dataSync()[0]);
  if (product !== 6) throw new Error(`backend ${name} computes 2 x 3 = ${product}`);
  return tf;
}

function isTensorflow(module: unknown): module is Tensorflow {
  return typeof module === 'object' && module !== null && 'tidy' in module && 'setBackend' in module;
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
