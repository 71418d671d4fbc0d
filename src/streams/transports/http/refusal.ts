import { z } from 'zod';
import { REASON_CODES } from '../../../domain/errors.js';

/** What the gateway answers where it refuses: the error as JSON. */
export const refusalSchema = z.object({
  error: z.object({
    code: z.enum(REASON_CODES),
    message: z.string(),
    remedy: z.string().min(1),
    field: z.string().optional(),
    value: z.string().optional(),
  }),
});
