import { SHARE_ENV, Worker } from 'node:worker_threads';

/**
 * Starts a worker thread from the module `name` beside `from`.
 * @param from `import.meta.url` of the caller: where it is a source, the worker's source is run through tsx, since
 *   a worker of Node 20 does not take over the loader that its parent runs with
 * @param name of the module, without its extension
 *
 * The environment is the process's own, since native libraries read that one and not a thread's copy of it: TensorFlow
 * would print its notes otherwise.
 */
export function startThread(from: string, name: string, workerData: unknown): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, from), { workerData, env: SHARE_ENV });
  const entry = JSON.stringify(new URL(`./${name}.ts`, from).href);
  const start = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${entry}, ${entry}))`;
  return new Worker(start, { eval: true, workerData, env: SHARE_ENV });
}
