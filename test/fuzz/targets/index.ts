import type { FuzzTarget } from '../fuzzTarget.js';
import { checkpointTargets } from './checkpoints.js';
import { fileTargets } from './files.js';
import { httpTargets } from './http.js';
import { imageTargets } from './images.js';
import { kafkaTargets } from './kafka.js';
import { messageTargets } from './messages.js';

/** Every decoder of what comes from outside of the process. */
export async function allTargets(): Promise<FuzzTarget[]> {
  const rest = await Promise.all([
    imageTargets(),
    checkpointTargets(),
    kafkaTargets(),
    httpTargets(),
    fileTargets(),
  ]);
  return [...messageTargets(), ...rest.flat()];
}
