import { z } from 'zod';
import { knownNameSchema } from '../../domain/className.js';
import { type LetheError, REASON_CODES } from '../../domain/errors.js';
import { idSchema } from '../../domain/messages/common.js';
import { eventSchema } from '../../domain/messages/event.js';
import { predictionSchema } from '../../domain/messages/prediction.js';
import { refusalSchema } from './refusal.js';

/** The result of a message: the body of the response to a waiting request, or the refusal. */
export type Outcome<T> = { readonly result: T } | { readonly refusal: LetheError };

/** The message is in the log, and its result is not known yet. */
export const acceptedSchema = z.object({ id: idSchema });

/** A sample that was refused while its task was learned. */
const refusedSampleSchema = z.object({
  id: z.string().optional(),
  label: z.string().optional(),
  code: z.enum(REASON_CODES),
  message: z.string(),
  remedy: z.string(),
});

/** The response to a waiting learn command: the event `task-finished`, and the outcome of the samples. */
const learnedSchema = z.object({
  kind: z.literal('task-finished'),
  task: knownNameSchema,
  modelVersion: z.string(),
  ms: z.number().nonnegative(),
  /** Its classes, and the number of announced samples. */
  classes: z.array(knownNameSchema),
  samples: z.int().positive(),
  stored: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  /** The first hundred refusals that became known while the request waited. */
  refusals: z.array(refusedSampleSchema).max(100),
});

/** The response to a waiting command. */
export const commandResultSchema = z.union([learnedSchema, eventSchema]);
export type CommandResult = z.infer<typeof commandResultSchema>;
export type RefusedSample = z.infer<typeof refusedSampleSchema>;

/** The outcome of one query of a batch: answered, refused, or only accepted. */
const batchItemSchema = z.union([
  z.object({ id: idSchema, prediction: predictionSchema }),
  /** Without an id if none could be read. */
  z.object({ id: z.string().optional(), error: refusalSchema.shape.error }),
  acceptedSchema,
]);
export const batchResultSchema = z.object({ results: z.array(batchItemSchema).min(1) });
export type BatchItem = z.infer<typeof batchItemSchema>;
