import { Worker } from 'node:worker_threads';

/**
 * Starts a worker thread from the module `name` beside `from`.
 * @param from `import.meta.url` of the caller: where it is a source, the worker's source is run through tsx, since
 *   a worker of Node 20 does not take over the loader that its parent runs with
 * @param name of the module, without its extension
 */
export function startThread(from: string, name: string, workerData: unknown): Worker {
  if (!from.endsWith('.ts')) return new Worker(new URL(`./${name}.js`, from), { workerData });
  const entry = JSON.stringify(new URL(`./${name}.ts`, from).href);
  const start = `import('tsx/esm/api').then(({ tsImport }) => tsImport(${entry}, ${entry}))`;
  return new Worker(start, { eval: true, workerData });
}
