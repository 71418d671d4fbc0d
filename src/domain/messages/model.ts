import { z } from 'zod';
import { knownNameSchema } from '../className.js';

/** A trained model. Topic `models` (compacted): the newest is the current one. */
export const modelVersionSchema = z.object({
  version: z.string().min(1),
  task: knownNameSchema,
  /** Classes in the order of the classifier's rows. */
  classes: z.array(knownNameSchema),
  /** Where the checkpoint lies, as a URI. */
  checkpoint: z.string().min(1),
  /** SHA-256 of the checkpoint's manifest, which holds those of its other files. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  dimension: z.int().positive(),
  /** tfjs backend it was trained on. */
  backend: z.string(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;
