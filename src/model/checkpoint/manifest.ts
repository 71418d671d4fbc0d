import { z } from 'zod';
import { classNameSchema } from '../../domain/className.js';
import { taskNameSchema } from '../../domain/messages/common.js';
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
  /** Where it starts, in float32 numbers. */
  offset: z.int().nonnegative(),
});
export type StoredArray = z.infer<typeof arraySchema>;

/** `manifest.json`: everything about a checkpoint that is not a number of a network. */
export const manifestSchema = z.strictObject({
  format: z.literal(CHECKPOINT_FORMAT),
  task: taskNameSchema,
  /** Tasks trained so far. */
  tasks: z.int().positive(),
  /** Classes in the order of the classifier's rows and of the prototypes. */
  classes: z.array(classNameSchema).min(1),
  dimension: z.int().positive(),
  width: z.int().positive(),
  blocks: z.int().nonnegative(),
  /** The settings of the last task; they hold the seed. */
  config: ssreConfigSchema,
  /** tfjs backend it was trained on. */
  backend: z.string().min(1),
  /** Versions of the software that made it. */
  software: z.record(z.string(), z.string()),
  /** Arrays of `weights.bin`: float32, little-endian, row by row, one after the other. */
  arrays: z.array(arraySchema),
  files: z.strictObject({
    [WEIGHTS_FILE]: z.strictObject({
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  }),
});
export type Manifest = z.infer<typeof manifestSchema>;
