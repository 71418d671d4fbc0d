import { z } from 'zod';
import { auditRecordSchema } from '../messages/audit.js';
import { commandBodySchema } from '../messages/command.js';
import { eventSchema } from '../messages/event.js';
import { modelVersionSchema } from '../messages/model.js';
import { predictionSchema } from '../messages/prediction.js';
import { HEADERS, type MessageName } from './headers.js';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** A vector as JSON; a number that is infinite as float32 is refused all the same. */
const vectorSchema = z.array(z.number()).min(1);

/**
 * What is inside a record whose content type is JSON. Dead letters carry the record that was refused, whatever it was.
 * `io` is the side from which it is seen: what may be sent, or what is written.
 */
const PAYLOADS = {
  sample: { schema: vectorSchema, io: 'input', title: 'A vector, as samples carry it' },
  query: { schema: vectorSchema, io: 'input', title: 'A vector, as queries carry it' },
  command: { schema: commandBodySchema, io: 'input', title: 'A command' },
  prediction: { schema: predictionSchema, io: 'output', title: 'The answer to a query' },
  event: { schema: eventSchema, io: 'output', title: 'What happened' },
  model: { schema: modelVersionSchema, io: 'output', title: 'A trained model' },
  audit: { schema: auditRecordSchema, io: 'output', title: 'An entry of the audit chain' },
} as const satisfies Partial<
  Record<MessageName, { schema: z.ZodType; io: 'input' | 'output'; title: string }>
>;
export type PayloadName = keyof typeof PAYLOADS;

/** Names of the messages that have a JSON payload. */
export const PAYLOAD_NAMES = Object.keys(PAYLOADS) as PayloadName[];
/** Names of all messages. */
export const MESSAGE_NAMES = Object.keys(HEADERS) as MessageName[];

/** The JSON Schema (draft 7) of a message's JSON payload. */
export function payloadJsonSchema(name: PayloadName): JsonSchema {
  const { schema, io, title } = PAYLOADS[name];
  return titled(title, toJsonSchema(schema, io));
}

/** The JSON Schema (draft 7) of a message's headers on Kafka, as texts. */
export function headersJsonSchema(name: MessageName): JsonSchema {
  return titled(`Headers of a ${name}`, toJsonSchema(HEADERS[name], 'input'));
}

/**
 * The zod schema as JSON Schema of draft 7, which AsyncAPI and schema registries know best. What zod checks by code is
 * said by `meta` at its place in the schema.
 */
export function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  return z.toJSONSchema(schema, { target: 'draft-7', io });
}

function titled(title: string, { $schema, ...schema }: JsonSchema): JsonSchema {
  return { ...($schema !== undefined && { $schema }), title, ...schema };
}
