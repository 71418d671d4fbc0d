import { homedir } from 'node:os';
import { join } from 'node:path';

/** Version of tfjs-node that `scripts/provision-tensorflow.mjs` builds. */
const TFJS_NODE = '4.22.0';

/**
 * The folder in which `scripts/provision-tensorflow.mjs` puts native TensorFlow for this Node: below `LETHE_CACHE`, else
 * below the user's XDG cache folder.
 */
export function nativeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache =
    environment.LETHE_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lethe');
  const major = process.versions.node.split('.')[0];
  return join(cache, `tfjs-node-${TFJS_NODE}-node${major}`);
}
