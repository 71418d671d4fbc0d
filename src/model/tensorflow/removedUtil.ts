import util from 'node:util';

/**
 * The functions of `node:util` that tfjs-node 4.22 calls (`dist/nodejs_kernel_backend.js`, `dist/kernels/TopK.js`) and that
 * Node 23 removed, as Node's documentation says to replace them. Without them native TensorFlow loads, and fails at its first
 * operation. `scripts/provision-tensorflow.mjs` has the same two, since it runs before anything is built; a test compares them.
 */
const REMOVED = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): value is null | undefined => value === null || value === undefined,
};

/**
 * Puts back what tfjs-node misses of `node:util`, for the whole process: to be called before it is used. Where Node still has
 * the functions they are replaced all the same, since Node 22 warns of them on standard error at their first use.
 */
export function restoreRemovedUtil(): void {
  Object.assign(util, REMOVED);
}
