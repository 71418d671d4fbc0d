import { z } from 'zod';
import { classNameSchema } from '../className.js';
import { idSchema, subjectSchema, taskNameSchema } from './common.js';
import { payloadSchema } from './payload.js';

/** A labelled input for training. Topic `samples`; label and task are the CloudEvents extensions of those names. */
export const sampleSchema = z.object({
  id: idSchema,
  label: classNameSchema,
  task: taskNameSchema,
  /** The CloudEvents attribute `subject`. */
  subject: subjectSchema.optional(),
  payload: payloadSchema,
});
export type Sample = z.infer<typeof sampleSchema>;
