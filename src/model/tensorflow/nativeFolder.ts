import { homedir } from 'node:os';
import { join } from 'node:path';

/** Version of tfjs-node that `scripts/provision-tensorflow.mjs` builds, and of Node-API, which every supported Node has. */
const TFJS_NODE = '4.22.0';
const NODE_API = 8;

/**
 * The folder in which `scripts/provision-tensorflow.mjs` puts native TensorFlow: below `LETHE_CACHE`, else below the user's
 * XDG cache folder. One build serves every version of Node, since its binding uses Node-API alone.
 */
export function nativeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const cache =
    environment.LETHE_CACHE ?? join(environment.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lethe');
  return join(cache, `tfjs-node-${TFJS_NODE}-napi${NODE_API}`);
}
