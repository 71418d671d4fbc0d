import { z } from 'zod';

/** A class label: what samples are keyed by and predictions name. */
export const classNameSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}]+$/u, 'control characters are not allowed');
