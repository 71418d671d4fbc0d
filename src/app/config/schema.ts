import { z } from 'zod';
import { consolePage, http } from './sections/doors.js';
import { filter, inference } from './sections/inference.js';
import { learning, unlearning } from './sections/learning.js';
import { embedder, model } from './sections/model.js';
import { audit, limits, log, traces, worker } from './sections/operation.js';
import { checkpoints, disk, stores } from './sections/stores.js';
import { transport } from './sections/transport.js';

/** The whole configuration. Defaults are in config/default.yaml; every field says what it is for. */
export const configSchema = z.strictObject({
  model,
  worker,
  transport,
  stores,
  disk,
  checkpoints,
  embedder,
  limits,
  inference,
  filter,
  unlearning,
  learning,
  audit,
  http,
  console: consolePage,
  log,
  traces,
});
export type LetheConfig = z.infer<typeof configSchema>;
/** The configuration as it is written: what has a default of its own may be left out. */
export type LetheConfigInput = z.input<typeof configSchema>;
