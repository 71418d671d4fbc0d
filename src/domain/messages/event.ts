import { z } from 'zod';
import { knownNameSchema } from '../className.js';
import { REASON_CODES } from '../errors.js';
import { FILE_REWRITES, placeSchema, removalSchema } from '../places.js';
import { COMMAND_KINDS } from './command.js';
import { modelVersionSchema } from './model.js';

const error = z.object({
  code: z.enum(REASON_CODES),
  message: z.string(),
  remedy: z.string(),
  field: z.string().optional(),
  value: z.string().optional(),
  evidence: z.record(z.string(), z.unknown()).optional(),
});
/**
 * Votes by class. Not `z.record`, which drops `__proto__`: a class may be called so.
 */
export const votesSchema = z
  .unknown()
  .refine(
    (votes) =>
      typeof votes === 'object' &&
      votes !== null &&
      Object.values(votes).every((count) => typeof count === 'number'),
    'expected a number for each class',
  )
  .meta({ type: 'object', additionalProperties: { type: 'number' } }) as z.ZodType<
  Readonly<Record<string, number>>
>;
const task = { task: knownNameSchema };
const milliseconds = z.number().nonnegative();
/** Accuracies on the same vectors of the remaining classes, of the model before and of the rebuilt one. */
const rebuildEvidence = z.object({
  vectors: z.int().nonnegative(),
  accuracyBefore: z.number(),
  accuracyAfter: z.number(),
});
/** A folder of a worker, as `lethe workers` lists it. */
export const goneWorkerSchema = z.object({
  id: z.string(),
  worker: z.string(),
  folder: z.string(),
  /** When it was seen last, RFC 3339. */
  seenAt: z.string(),
});
/** What became of the samples of a class. */
export const samplesOfClassSchema = z.object({
  name: knownNameSchema,
  removed: z.int().nonnegative(),
  remaining: z.int().nonnegative(),
});
const moved = z.object({ name: knownNameSchema, moved: z.int().nonnegative() });

/** What was done to a store that went back, before the version is known that it made. */
export const forwardReportSchema = z.object({
  /** Version of the registry that it held. */
  found: z.int().nonnegative(),
  /** The newest version that was known of. */
  known: z.int().nonnegative(),
  /** Commands that were carried out again. */
  carriedOut: z.array(z.string()),
  /** Classes that were learned, and are gone: they have to be learned again. */
  lostClasses: z.array(knownNameSchema),
  /** Tasks that were announced, and are gone. */
  lostTasks: z.array(knownNameSchema),
});
export type ForwardReport = z.infer<typeof forwardReportSchema>;

/** What happened. Topic `events`; the CloudEvents type is `lethe.event.<kind>`, its time says when. */
export const eventSchema = z.discriminatedUnion('kind', [
  /** A learn command was accepted: its samples may arrive. */
  z.object({
    kind: z.literal('task-announced'),
    ...task,
    classes: z.array(knownNameSchema),
    samples: z.int(),
    /** The command that asked for it; events of older versions do not tell. */
    commandId: z.string().optional(),
  }),
  /** All samples of the task are embedded and stored. */
  z.object({ kind: z.literal('task-embedded'), ...task, samples: z.int(), ms: milliseconds }),
  z.object({ kind: z.literal('task-started'), ...task, classes: z.array(knownNameSchema), samples: z.int() }),
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
    commandId: z.string(),
    by: z.enum(['name', 'examples']),
    classes: z.array(moved),
    registryVersion: z.int(),
    /** From the reading of the command to the end of the move. */
    ms: milliseconds,
    /** Votes of the K nearest vectors by class, where the class was found by examples. */
    votes: votesSchema.optional(),
  }),
  z.object({
    kind: z.literal('relearned'),
    commandId: z.string(),
    classes: z.array(moved),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** Samples were deleted, and what is computed from them corrected; the weights follow with the next rebuild. */
  z.object({
    kind: z.literal('samples-unlearned'),
    commandId: z.string(),
    by: z.enum(['id', 'subject']),
    /** Ids asked for, or stored with the subject. */
    asked: z.int().nonnegative(),
    classes: z.array(samplesOfClassSchema),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** A rebuild was tried for samples that were unlearned, and failed: the weights still hold them. */
  z.object({ kind: z.literal('rebuild-failed'), error }),
  /**
   * Commands were deleted from their topic before they were read (retention, `kafka-delete-records.sh`): at the offsets
   * `from` up to, and without, `to`. None is carried out until someone accepts that; then it is told again, as accepted.
   */
  z.object({
    kind: z.literal('commands-lost'),
    topic: z.string(),
    partition: z.int().nonnegative(),
    from: z.int().nonnegative(),
    to: z.int().positive(),
    accepted: z.boolean(),
  }),
  /**
   * The store held an older state than was told of (a backup, a replica that lagged): what the audit chain tells of was
   * carried out again, and nobody answered before.
   */
  z.object({
    kind: z.literal('store-brought-forward'),
    ...forwardReportSchema.shape,
    registryVersion: z.int().nonnegative(),
  }),
  /** Classes are to be erased: they are unlearned, and the rest follows in the background. */
  z.object({
    kind: z.literal('erase-accepted'),
    commandId: z.string(),
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
    without: z.array(knownNameSchema),
    evidence: rebuildEvidence,
    ms: milliseconds,
  }),
  /** The model was brought in step with the registry exactly, by a learner that can. */
  z.object({
    kind: z.literal('model-revised'),
    modelVersion: z.string(),
    replaces: z.string(),
    without: z.array(knownNameSchema),
    /** Learned classes that the replaced model did not know. */
    returned: z.array(knownNameSchema).default([]),
    /** By subtraction of vectors (and addition), or from all remaining ones where these were not the learned ones. */
    how: z.enum(['subtracted', 'anew']),
    ms: milliseconds,
  }),
  /** Classes are gone: vectors, older models, and what the topics held as far as it could be deleted. */
  z.object({
    kind: z.literal('erased'),
    commandId: z.string(),
    classes: z.array(z.object({ name: knownNameSchema, vectors: z.int().nonnegative() })),
    /** The model that never saw them. */
    modelVersion: z.string(),
    /** Whether the files of the database, which may hold what was deleted, are written anew. */
    databaseFiles: z.enum(FILE_REWRITES),
    /** Older models that were removed. */
    checkpoints: z.int().nonnegative(),
    /** Dead letters of these classes that were deleted. */
    deadLetters: z.int().nonnegative(),
    /** Topics that hold, or held, records of these classes. */
    topics: z.array(
      z.object({
        topic: z.string(),
        /**
         * `kept`: for their retention. `deleted`: they are gone. `waiting`: they are deleted, and nobody is given them any more, but
         * their bytes stay in the log's files until what `removal` says has passed.
         */
        records: z.enum(['kept', 'deleted', 'waiting']),
        /** For how long the topic keeps records, in milliseconds; null without limit. */
        retentionMs: z.number().nullable(),
        removal: removalSchema.optional(),
      }),
    ),
    /** All of them, each with how it stood when this was written. Events of older versions do not tell. */
    places: z.array(placeSchema).default([]),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /**
   * Every place that may have held something of erased classes was looked at, by all workers that may hold copies of models, but for
   * those that a person declared gone. It ends the erasure that the event `erased` told of.
   */
  z.object({
    kind: z.literal('erasure-completed'),
    commandId: z.string(),
    classes: z.array(knownNameSchema),
    places: z.array(placeSchema),
    registryVersion: z.int(),
  }),
  /** A person declared that folders of workers are gone, with what they held: no erasure waits for them any more. */
  z.object({
    kind: z.literal('workers-gone'),
    commandId: z.string(),
    workers: z.array(goneWorkerSchema),
    registryVersion: z.int(),
    ms: milliseconds,
  }),
  /** Classes were not erased; they stay as they were, suppressed. */
  z.object({
    kind: z.literal('erase-failed'),
    commandId: z.string(),
    classes: z.array(knownNameSchema),
    error,
  }),
  /** The filter was calibrated anew; specificity and recall as measured on held-out vectors of the databases. */
  z.object({
    kind: z.literal('filter-calibrated'),
    filter: z.enum(['threshold', 'relative', 'linear', 'linear+knn']),
    /** The threshold of Eq. 5, or the margin of the relative or the linear filter. */
    level: z.number(),
    specificity: z.number().nullable(),
    recall: z.number().nullable(),
    ms: milliseconds,
  }),
  /** The similarity below which an input is taken for unknown was set, on held-out vectors of both databases. */
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
  z.object({ kind: z.literal('command-ignored'), commandId: z.string(), command: z.enum(COMMAND_KINDS) }),
]);
export type LetheEvent = z.infer<typeof eventSchema>;
export type EventKind = LetheEvent['kind'];
/** An event of one kind, or of several. */
export type EventOf<K extends EventKind> = Extract<LetheEvent, { kind: K }>;
