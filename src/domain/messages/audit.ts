import { z } from 'zod';

/** A SHA-256 in hexadecimal. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** What the first record of a chain names as the one before it. */
export const NOTHING_BEFORE = '0'.repeat(64);

/**
 * One entry of the audit chain: a command as it was asked for, or an event that tells what came of it. Topic `audit`.
 * A record's hash is the SHA-256 of its value, byte for byte; the next record names it as `previous`.
 */
export const auditRecordSchema = z.strictObject({
  /** 0, 1, 2 ... */
  sequence: z.int().nonnegative(),
  previous: sha256Schema,
  /** When the command or event was written, RFC 3339. */
  time: z.iso.datetime(),
  /** Name of the model. */
  model: z.string(),
  /** Where the command or event lies, `topic/partition/offset`: it is told of once. */
  position: z.string(),
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
/** What a record tells, without its place in the chain. */
export type AuditEntry = Omit<AuditRecord, 'sequence' | 'previous'>;
