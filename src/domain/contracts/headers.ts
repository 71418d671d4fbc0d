import { z } from 'zod';
import { classNameSchema } from '../className.js';
import { timeSchema } from '../cloudevents/time.js';
import { TYPES } from '../cloudevents/types.js';
import { sha256Schema } from '../messages/audit.js';
import { idSchema, subjectSchema, taskNameSchema } from '../messages/common.js';
import { deadLetterHeadersSchema } from '../messages/deadLetter.js';
import { PAYLOAD_TYPES } from '../messages/payload.js';

/** The attributes that every CloudEvent in binary mode has, as headers of a Kafka record. */
const cloudEvent = (type: string) => ({
  ce_specversion: z.literal('1.0'),
  ce_id: idSchema,
  ce_type: z.string().regex(new RegExp(`^${type.replaceAll('.', '\\.')}(\\..+)?$`)),
  ce_source: z.string().min(1),
  ce_time: timeSchema.optional(),
});

/** One of these content types; parameters may follow. */
const contentType = (types: readonly string[]) =>
  z.string().regex(new RegExp(`^(${types.map(literally).join('|')})\\s*(;.*)?$`));
/** JSON Schema knows no flags, and content types are case-insensitive. */
const literally = (text: string): string =>
  text
    .replaceAll(/[.+/]/g, (sign) => `\\${sign}`)
    .replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);

const payload = { 'content-type': contentType(PAYLOAD_TYPES) };
const json = { 'content-type': contentType(['application/json']) };

/** Of a record of the audit chain that is signed: the key's id, and Ed25519 over the value. */
const seal = { ce_keyid: sha256Schema.optional(), ce_signature: z.base64().optional() };

const digits = z.string().regex(/^\d+$/);

/** Headers of each kind of record on Kafka; others may stand beside them. */
export const HEADERS = {
  sample: z.looseObject({
    ...cloudEvent(TYPES.sample),
    ce_label: classNameSchema,
    ce_task: taskNameSchema,
    ce_subject: subjectSchema.optional(),
    ...payload,
  }),
  query: z.looseObject({
    ...cloudEvent(TYPES.query),
    ce_truth: classNameSchema.optional(),
    ...payload,
  }),
  command: z.looseObject({ ...cloudEvent(TYPES.command), ce_actor: z.string().optional(), ...json }),
  prediction: z.looseObject({
    ...cloudEvent(TYPES.prediction),
    /** Of a query that a request of the gateway waits for. */
    ce_waitid: z.string().optional(),
    ...json,
  }),
  event: z.looseObject({ ...cloudEvent(TYPES.event), ...json }),
  model: z.looseObject({ ...cloudEvent(TYPES.model), ...json }),
  audit: z.looseObject({ ...cloudEvent(TYPES.audit), ce_sha256: sha256Schema, ...seal, ...json }),
  /** Beside those of the record that was refused, which may lack anything. */
  'dead-letter': z.looseObject({
    ...deadLetterHeadersSchema.shape,
    'lethe-partition': digits,
    'lethe-offset': digits,
    'lethe-first-offset': digits.optional(),
    'lethe-value-bytes': digits.optional(),
    'lethe-key-bytes': digits.optional(),
    'lethe-headers-left-out': digits.optional(),
  }),
} as const;
export type MessageName = keyof typeof HEADERS;
