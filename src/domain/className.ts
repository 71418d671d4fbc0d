import { z } from 'zod';

/** A class label: what samples are keyed by and predictions name. */
export const classNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'control characters are not allowed')
  // In JSON Schema the same without a property of Unicode, which validators of other languages do not know.
  .meta({ pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$' });
