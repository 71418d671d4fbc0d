import { type Framing, schemaFraming } from '../../adapters/kafka/schemaRegistry/framing.js';
import { schemaId } from '../../adapters/kafka/schemaRegistry/registryClient.js';
import { type PayloadName, payloadJsonSchema } from '../../domain/contracts/jsonSchemas.js';
import type { TopicRole, Topics } from '../../domain/topics.js';
import type { LetheConfig } from '../config/schema.js';

/**
 * Topics whose JSON values have a schema in the registry, under the subject `<topic>-value`. Records of the audit chain
 * are left as they are hashed, and dead letters as they came.
 */
const REGISTERED: readonly (readonly [TopicRole, PayloadName])[] = [
  ['samples', 'sample'],
  ['queries', 'query'],
  ['commands', 'command'],
  ['predictions', 'prediction'],
  ['events', 'event'],
  ['models', 'model'],
];

/**
 * How values are framed, once the registry has returned the ids of all schemas; undefined without a registry.
 * @throws LetheError `config-invalid`
 */
export async function framingOf({ transport }: LetheConfig, topics: Topics): Promise<Framing | undefined> {
  const { schemaRegistry, startTimeoutMs } = transport.kafka;
  if (!schemaRegistry.enabled) return undefined;
  const { register, emit, ...connection } = schemaRegistry;
  const ids = new Map<string, number>();
  for (const [role, message] of REGISTERED) {
    const subject = `${topics[role]}-value`;
    const schema = payloadJsonSchema(message);
    ids.set(topics[role], await schemaId({ ...connection, startTimeoutMs }, { subject, schema, register }));
  }
  return schemaFraming(emit ? ids : new Map());
}
