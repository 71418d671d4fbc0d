import { z } from 'zod';
import { knownNameSchema } from '../../domain/className.js';
import { analyticConfigSchema } from '../analytic/config.js';
import { ssreConfigSchema } from '../ssre/config.js';

/** Version of the folder's layout; readers refuse others. */
export const CHECKPOINT_FORMAT = 1;
/** Files of a checkpoint. */
export const MANIFEST_FILE = 'manifest.json';
export const WEIGHTS_FILE = 'weights.bin';

/** An array in the weights file. */
const arraySchema = z.strictObject({
  name: z.string().min(1),
  shape: z.array(z.int().nonnegative()).min(1).max(2),
  /** Where it starts, in numbers. */
  offset: z.int().nonnegative(),
});
export type StoredArray = z.infer<typeof arraySchema>;

/** What the manifest of every learner says. */
const common = {
  format: z.literal(CHECKPOINT_FORMAT),
  task: knownNameSchema,
  /** Tasks trained so far. */
  tasks: z.int().positive(),
  dimension: z.int().positive(),
  width: z.int().positive(),
  /** What it was trained on, e.g. a tfjs backend. */
  backend: z.string().min(1),
  /** What softmax divides the logits by, beside the temperature of the settings; checkpoints of before it have none. */
  temperatureFactor: z.number().positive().default(1),
  /** Versions of the software that made it. */
  software: z.record(z.string(), z.string()),
  /** Arrays of `weights.bin`: little-endian, row by row, one after the other. */
  arrays: z.array(arraySchema),
  files: z.strictObject({
    [WEIGHTS_FILE]: z.strictObject({
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
};

/** `manifest.json` of SSRE: everything about a checkpoint that is not a number of a network. Its arrays are float32. */
export const manifestSchema = z.strictObject({
  ...common,
  /** Classes in the order of the classifier's rows and of the prototypes. */
  classes: z.array(knownNameSchema).min(1),
  blocks: z.int().nonnegative(),
  /** The settings of the last task; they hold the seed. */
  config: ssreConfigSchema,
});
export type Manifest = z.infer<typeof manifestSchema>;

/** `manifest.json` of the analytic learner. Its arrays are float64. */
export const analyticManifestSchema = z.strictObject({
  ...common,
  learner: z.literal('analytic'),
  /** Classes in the order of the rows; there is none where all were forgotten. */
  classes: z.array(knownNameSchema),
  /** Vectors of each class. */
  counts: z.array(z.int().positive()),
  /** The settings; they hold the seed of the projection. Classes of a checkpoint that says nothing of it were not balanced. */
  config: analyticConfigSchema.extend({ balance: z.boolean().default(false) }),
});
export type AnalyticManifest = z.infer<typeof analyticManifestSchema>;

const namesSchema = z.object({ classes: z.array(z.string()) });

/** Whether the model of a manifest knows one of these classes. One that can't be read might: it is as good as lost. */
export function knowsOneOf(manifest: Buffer, classes: readonly string[]): boolean {
  try {
    const known = namesSchema.parse(JSON.parse(manifest.toString('utf8'))).classes;
    return classes.some((name) => known.includes(name));
  } catch {
    return true;
  }
}
