import { z } from 'zod';
import { classNameSchema } from '../className.js';
import { REASON_CODES } from '../errors.js';
import { COMMAND_KINDS } from './command.js';
import { idSchema, taskNameSchema } from './common.js';
import { modelVersionSchema } from './model.js';

const error = z.object({
  code: z.enum(REASON_CODES),
  message: z.string(),
  remedy: z.string(),
  field: z.string().optional(),
  value: z.string().optional(),
  evidence: z.record(z.string(), z.unknown()).optional(),
});
const task = { task: taskNameSchema };
const milliseconds = z.number().nonnegative();
/** Accuracies on the same vectors of the remaining classes, of the model before and of the rebuilt one. */
const rebuildEvidence = z.object({
  vectors: z.int().nonnegative(),
  accuracyBefore: z.number(),
  accuracyAfter: z.number(),
});
const moved = z.object({ name: classNameSchema, moved: z.int().nonnegative() });

/** What happened. Topic `events`; the CloudEvents type is `lethe.event.<kind>`, its time says when. */
export const eventSchema = z.discriminatedUnion('kind', [
  /** A learn command was accepted: its samples may arrive. */
  z.object({
    kind: z.literal('task-announced'),
    ...task,
    classes: z.array(classNameSchema),
    samples: z.int(),
  }),
  /** All samples of the task are embedded and stored. */
  z.object({ kind: z.literal('task-embedded'), ...task, samples: z.int(), ms: milliseconds }),
  z.object({ kind: z.literal('task-started'), ...task, classes: z.array(classNameSchema), samples: z.int() }),
  z.object({
    kind: z.literal('task-epoch'),
    ...task,
    epoch: z.int().positive(),
    epochs: z.int().positive(),
    loss: z.number(),
    ms: milliseconds,
  }),
  z.object({ kind: z.literal('task-finished'), ...task, modelVersion: z.string(), ms: milliseconds }),
  /** The task ended without a model: its samples did not all arrive, all its classes were unlearned, or training failed. */
  z.object({ kind: z.literal('task-failed'), ...task, error }),
  z.object({ kind: z.literal('model-published'), model: modelVersionSchema }),
  z.object({
    kind: z.literal('unlearned'),
    commandId: idSchema,
    by: z.enum(['name', 'examples']),
    classes: z.array(moved),
    registryVersion: z.int(),
    /** From the reading of the command to the end of the move. */
    ms: milliseconds,
    /** Votes of the K nearest vectors by class, where the class was found by examples. */
    votes: z.record(z.string(), z.number()).optional(),
  }),
  z.object({
    kind: z.literal('relearned'),
    commandId: idSchema,
    classes: z.array(moved),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** Samples were deleted, and what is computed from them corrected; the weights follow with the next rebuild. */
  z.object({
    kind: z.literal('samples-unlearned'),
    commandId: idSchema,
    by: z.enum(['id', 'subject']),
    /** Ids asked for, or stored with the subject. */
    asked: z.int().nonnegative(),
    classes: z.array(
      z.object({ name: classNameSchema, removed: z.int().nonnegative(), remaining: z.int().nonnegative() }),
    ),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** A rebuild was tried for samples that were unlearned, and failed: the weights still hold them. */
  z.object({ kind: z.literal('rebuild-failed'), error }),
  /** Classes are to be erased: they are unlearned, and the rest follows in the background. */
  z.object({
    kind: z.literal('erase-accepted'),
    commandId: idSchema,
    /** Vectors that had to be moved to DB-MU first (`now`). */
    classes: z.array(moved),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** A model made without the forgotten classes answers now. */
  z.object({
    kind: z.literal('model-rebuilt'),
    modelVersion: z.string(),
    /** Version of the model that it replaces. */
    replaces: z.string(),
    /** Classes that the former model had seen and this one has not. */
    without: z.array(classNameSchema),
    evidence: rebuildEvidence,
    ms: milliseconds,
  }),
  /** The model was brought in step with the registry exactly, by a learner that can. */
  z.object({
    kind: z.literal('model-revised'),
    modelVersion: z.string(),
    replaces: z.string(),
    without: z.array(classNameSchema),
    /** Learned classes that the replaced model did not know. */
    returned: z.array(classNameSchema).default([]),
    /** By subtraction of vectors (and addition), or from all remaining ones where these were not the learned ones. */
    how: z.enum(['subtracted', 'anew']),
    ms: milliseconds,
  }),
  /** Classes are gone: vectors, older models, and what the topics held as far as it could be deleted. */
  z.object({
    kind: z.literal('erased'),
    commandId: idSchema,
    classes: z.array(z.object({ name: classNameSchema, vectors: z.int().nonnegative() })),
    /** The model that never saw them. */
    modelVersion: z.string(),
    /** Whether the files of the database, which may hold what was deleted, are written anew. */
    databaseFiles: z.enum(['begun', 'refused', 'none']),
    /** Older models that were removed. */
    checkpoints: z.int().nonnegative(),
    /** Dead letters of these classes that were deleted. */
    deadLetters: z.int().nonnegative(),
    /** Topics that hold, or held, records of these classes. */
    topics: z.array(
      z.object({
        topic: z.string(),
        records: z.enum(['kept', 'deleted']),
        /** For how long the topic keeps records, in milliseconds; null without limit. */
        retentionMs: z.number().nullable(),
      }),
    ),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** Classes were not erased; they stay as they were, suppressed. */
  z.object({
    kind: z.literal('erase-failed'),
    commandId: idSchema,
    classes: z.array(classNameSchema),
    error,
  }),
  /** The filter was calibrated anew; specificity and recall as measured on held-out vectors of the databases. */
  z.object({
    kind: z.literal('filter-calibrated'),
    filter: z.enum(['threshold', 'relative']),
    /** The threshold of Eq. 5, or the margin of the relative filter. */
    level: z.number(),
    specificity: z.number().nullable(),
    recall: z.number().nullable(),
    ms: milliseconds,
  }),
  /** The similarity below which an input is answered `unknown` was set, on held-out vectors of both databases. */
  z.object({
    kind: z.literal('known-calibrated'),
    level: z.number(),
    /** Share of them at or above the level, as it is wanted. */
    share: z.number(),
    vectors: z.int(),
    ms: milliseconds,
  }),
  z.object({
    kind: z.literal('command-rejected'),
    commandId: z.string(),
    command: z.enum(COMMAND_KINDS),
    error,
  }),
  /** The command's id was already carried out: nothing was done again. */
  z.object({ kind: z.literal('command-ignored'), commandId: idSchema, command: z.enum(COMMAND_KINDS) }),
]);
export type LetheEvent = z.infer<typeof eventSchema>;
export type EventKind = LetheEvent['kind'];
