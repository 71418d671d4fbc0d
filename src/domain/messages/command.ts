import { z } from 'zod';
import { classNameSchema } from '../className.js';
import { idSchema, soughtSchema, taskNameSchema } from './common.js';
import { IMAGE_TYPES } from './payload.js';

const distinctClasses = z
  .array(classNameSchema)
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'the same class is named twice')
  .meta({ uniqueItems: true });

/** What can be forgotten: each request names one of them. */
const FORGETTABLE = ['classes', 'examples', 'samples', 'subject'] as const;

/** An example of the class to be forgotten: an image in base64, a text, or a vector. */
export const exampleSchema = z.union([
  z.strictObject({ contentType: z.enum(IMAGE_TYPES), base64: z.base64().min(1) }),
  z.strictObject({ text: z.string().min(1) }),
  z.strictObject({ vector: z.array(z.number()).min(1) }),
]);
export type Example = z.infer<typeof exampleSchema>;

/** Learn a task: `samples` vectors of `classes` arrive on the samples topic under the task's name. */
export const learnSchema = z.strictObject({
  kind: z.literal('learn'),
  task: taskNameSchema,
  classes: distinctClasses,
  /** How many samples belong to the task, over all its classes. Training starts when they are all stored. */
  samples: z.int().positive(),
});

/** Forget classes: by name, or by examples whose class is found by KNN in DB-CIL. Or samples: by id, or by their subject. */
export const unlearnSchema = z
  .strictObject({
    kind: z.literal('unlearn'),
    classes: distinctClasses.optional(),
    examples: z.array(exampleSchema).min(1).max(1000).optional(),
    /** Ids of samples: they are deleted, whatever their class. */
    samples: z.array(soughtSchema).min(1).max(100_000).optional(),
    /** Whose samples are deleted. */
    subject: soughtSchema.optional(),
  })
  .refine((request) => FORGETTABLE.filter((each) => request[each] !== undefined).length === 1, {
    message: 'give exactly one of classes, examples, samples and subject',
    path: ['classes'],
  })
  .meta({ oneOf: FORGETTABLE.map((each) => ({ required: [each] })) });

/** Bring unlearned classes back. */
export const relearnSchema = z.strictObject({ kind: z.literal('relearn'), classes: distinctClasses });

/**
 * Erase unlearned classes for good: the model is rebuilt without them, then their vectors and all older models go.
 * @see docs/forgetting.md
 */
export const eraseSchema = z.strictObject({
  kind: z.literal('erase'),
  classes: distinctClasses,
  /** Unlearns classes that are not unlearned yet, in the same step. */
  now: z.boolean().optional(),
});

/**
 * Declare that folders of workers are gone, with the copies of models that they held: no erasure waits for them any more. A worker
 * that comes back with its folder is there again.
 */
export const declareGoneSchema = z.strictObject({
  kind: z.literal('declare-gone'),
  /** Ids of the folders, as `lethe workers` lists them. */
  workers: z.array(z.string().min(1).max(200)).min(1).max(1000),
});

/** The payload of a command. Topic `commands`; idempotent by the event's id. */
export const commandBodySchema = z.discriminatedUnion('kind', [
  learnSchema,
  unlearnSchema,
  relearnSchema,
  eraseSchema,
  declareGoneSchema,
]);

/** A command with its id. */
export const commandSchema = z.intersection(z.object({ id: idSchema }), commandBodySchema);
export type Command = z.infer<typeof commandSchema>;
export type LearnCommand = Extract<Command, { kind: 'learn' }>;
export type UnlearnCommand = Extract<Command, { kind: 'unlearn' }>;
export type EraseCommand = Extract<Command, { kind: 'erase' }>;
export type DeclareGoneCommand = Extract<Command, { kind: 'declare-gone' }>;

export const COMMAND_KINDS = ['learn', 'unlearn', 'relearn', 'erase', 'declare-gone'] as const;
