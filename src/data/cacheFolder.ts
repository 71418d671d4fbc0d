import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Folder of downloads: `LETHE_CACHE`, or `lethe` in the user's XDG cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.LETHE_CACHE) return resolve(environment.LETHE_CACHE);
  return join(environment.XDG_CACHE_HOME || join(homedir(), '.cache'), 'lethe');
}
