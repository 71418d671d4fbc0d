import { hostname } from 'node:os';
import type { LetheConfig } from './config/schema.js';

/**
 * The name of this worker in logs and metrics, unless the settings give one. Workers of one host differ by it, and it outlasts
 * a restart where the gateway's port is set, as two of them can't have the same one.
 */
export function workerName({ worker, http }: Pick<LetheConfig, 'worker' | 'http'>): string {
  if (worker.name !== undefined) return worker.name;
  const { enabled, port } = http;
  return enabled && port !== 0 ? `${hostname()}:${port}` : `${hostname()}/${process.pid}`;
}
