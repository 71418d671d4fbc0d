import { z } from 'zod';
import { configSchema } from './schema.js';

/** A field of the configuration, as its schema describes it. */
export interface ConfigField {
  /** Dotted path, e.g. `http.port`. */
  readonly path: string;
  readonly description: string | undefined;
  readonly text: boolean;
  /** Type of the items of a list; null for other fields. Variables may separate items by commas. */
  readonly items: 'texts' | 'others' | null;
  readonly secret: boolean;
}

/** The parts of a JSON Schema that are read here. */
const nodeSchema = z.looseObject({
  type: z.unknown().optional(),
  items: z.unknown().optional(),
  description: z.string().optional(),
  secret: z.boolean().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
});

/** Every field that the configuration knows, in the order of the schema; fields of all kinds of embedder included. */
export function configFields(): readonly ConfigField[] {
  known ??= fieldsOfSchema();
  return known;
}

/** Some commands load the configuration more than once. */
let known: readonly ConfigField[] | undefined;

function fieldsOfSchema(): readonly ConfigField[] {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  const byPath = new Map<string, ConfigField>();
  for (const field of fieldsOf(schema, '')) if (!byPath.has(field.path)) byPath.set(field.path, field);
  return [...byPath.values()];
}

function fieldsOf(schema: unknown, path: string): ConfigField[] {
  const { type, items, description, secret, properties, oneOf } = nodeSchema.parse(schema);
  if (oneOf) return oneOf.flatMap((variant) => fieldsOf(variant, path));
  if (properties) {
    return Object.entries(properties).flatMap(([name, child]) =>
      fieldsOf(child, path ? `${path}.${name}` : name),
    );
  }
  return [
    {
      path,
      description,
      text: type === 'string',
      items: type === 'array' ? itemsOf(items) : null,
      secret: secret ?? false,
    },
  ];
}

function itemsOf(schema: unknown): 'texts' | 'others' {
  const node = nodeSchema.safeParse(schema);
  return node.success && node.data.type === 'string' ? 'texts' : 'others';
}
