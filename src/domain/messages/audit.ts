import { z } from 'zod';

/** A SHA-256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** What the first record of a chain names as the one before it. */
export const NOTHING_BEFORE = '0'.repeat(64);

/**
 * One entry of the audit chain: a command as it was asked for, or an event that tells what came of it. Topic `audit`.
 * Records of other versions may lack, or add, fields. A record's hash is the SHA-256 of its value, byte for byte; the next record names it as `previous`.
 */
export const auditRecordSchema = z.object({
  /** 0, 1, 2 ... */
  sequence: z.int().nonnegative(),
  previous: sha256Schema,
  /** When the record was made, RFC 3339. Of older versions: what the producer of the command or event said, whatever it was. */
  time: z.string(),
  /** When the command or event was written, as its producer says: RFC 3339, or a number that is no time. */
  written: z.string().optional(),
  /** Name of the model. */
  model: z.string(),
  /**
   * Version of the registry that the learner knew when it made the record: a store that holds an older one went back. Not of
   * older versions of Lethe.
   */
  registryVersion: z.int().nonnegative().optional(),
  /** Where the command or event lies, `topic/partition/offset`: it is told of once. */
  position: z.string(),
  /**
   * Of an event that tells of an effect: whether the registry knew of that effect when the record was made. Anyone who may
   * write to the events topic can tell of one. Nothing of commands, of other events, and in records of older versions.
   */
  registry: z
    .object({
      confirms: z.boolean(),
      /** Version of the registry that was asked. */
      version: z.int().nonnegative(),
      /** Why it does not. */
      why: z.string().optional(),
    })
    .optional(),
  told: z.discriminatedUnion('of', [
    /** Asked for; `actor` is who the sender said it is. Examples and other personal data are told of by their hashes only. */
    z.strictObject({
      of: z.literal('command'),
      id: z.string(),
      actor: z.string().nullable(),
      body: z.record(z.string(), z.unknown()),
    }),
    /** Done, or refused. */
    z.strictObject({ of: z.literal('event'), body: z.record(z.string(), z.unknown()) }),
    /** Something on the commands topic that can't be read. */
    z.strictObject({ of: z.literal('unreadable'), sha256: sha256Schema, reason: z.string() }),
  ]),
});
export type AuditRecord = z.infer<typeof auditRecordSchema>;
/** Whether the registry knows of what an event tells. */
export type Confirmation = NonNullable<AuditRecord['registry']>;
/** What a record tells, without its place in the chain. */
export type AuditEntry = Omit<AuditRecord, 'sequence' | 'previous'>;
