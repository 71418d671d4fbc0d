import { z } from 'zod';
import { knownNameSchema } from '../../domain/className.js';
import { type LetheError, REASON_CODES } from '../../domain/errors.js';
import { idSchema } from '../../domain/messages/common.js';
import { eventSchema } from '../../domain/messages/event.js';
import { predictionSchema } from '../../domain/messages/prediction.js';
import { refusalSchema } from './refusal.js';

/** What came of a message: the body of the response to who waited for it, or why the message was refused. */
export type Outcome<T> = { readonly result: T } | { readonly refusal: LetheError };

/** The message is in the log, and what comes of it is not known yet. */
export const acceptedSchema = z.object({ id: idSchema });

/** A sample that was refused while its task was learned. */
const refusedSampleSchema = z.object({
  id: z.string().optional(),
  label: z.string().optional(),
  code: z.enum(REASON_CODES),
  message: z.string(),
  remedy: z.string(),
});

/** What a learn command answers to who waited for it: the event `task-finished`, and what became of the samples. */
const learnedSchema = z.object({
  kind: z.literal('task-finished'),
  task: knownNameSchema,
  modelVersion: z.string(),
  ms: z.number().nonnegative(),
  /** The classes that it introduced, and the samples that it announced. */
  classes: z.array(knownNameSchema),
  samples: z.int().positive(),
  stored: z.int().nonnegative(),
  refused: z.int().nonnegative(),
  /** Those among the refused that became known while the request waited, the first hundred. */
  refusals: z.array(refusedSampleSchema).max(100),
});

/** What a command answers to who waited for it. */
export const commandResultSchema = z.union([learnedSchema, eventSchema]);
export type CommandResult = z.infer<typeof commandResultSchema>;
export type RefusedSample = z.infer<typeof refusedSampleSchema>;

/** What became of one query of a batch: answered, refused, or accepted only. */
const batchItemSchema = z.union([
  z.object({ id: idSchema, prediction: predictionSchema }),
  /** Without an id where it has none that could be read. */
  z.object({ id: z.string().optional(), error: refusalSchema.shape.error }),
  acceptedSchema,
]);
export const batchResultSchema = z.object({ results: z.array(batchItemSchema).min(1) });
export type BatchItem = z.infer<typeof batchItemSchema>;
