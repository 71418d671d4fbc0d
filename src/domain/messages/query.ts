import { z } from 'zod';
import { classNameSchema } from '../className.js';
import { idSchema } from './common.js';
import { payloadSchema } from './payload.js';

/** An input to be answered. Topic `queries`; `truth`, where the producer knows it, feeds the accuracy metrics only. */
export const querySchema = z.object({
  id: idSchema,
  truth: classNameSchema.optional(),
  payload: payloadSchema,
});
export type Query = z.infer<typeof querySchema>;
