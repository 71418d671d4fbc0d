import { ErrorReply } from 'redis';
import { z } from 'zod';
import { parsedAt } from './brokenData.js';
import type { RedisClient } from './client.js';

const textSchema = z.union([z.string(), z.number()]).transform(String);
const numberSchema = z.union([z.string(), z.number()]).transform(Number);
const wordsSchema = z.array(z.unknown());
/** RediSearch gives names and values in turn. */
const pairsSchema = wordsSchema.transform((words): Record<string, unknown> => {
  const pairs: Record<string, unknown> = Object.create(null);
  for (let at = 0; at + 1 < words.length; at += 2) pairs[String(words[at])] = words[at + 1];
  return pairs;
});
const definitionSchema = pairsSchema.pipe(
  z.object({ key_type: z.string(), prefixes: z.array(z.string()), filter: z.string().optional() }),
);
const attributeSchema = pairsSchema.pipe(
  z.object({
    attribute: z.string(),
    identifier: z.string(),
    type: z.string(),
    algorithm: z.string().optional(),
    data_type: z.string().optional(),
    dim: textSchema.optional(),
    distance_metric: z.string().optional(),
  }),
);
const errorsSchema = pairsSchema.pipe(
  z.object({ 'last indexing error': textSchema, 'last indexing error key': textSchema }),
);
const infoSchema = pairsSchema.pipe(
  z.object({
    index_name: z.string(),
    index_definition: definitionSchema,
    attributes: z.array(attributeSchema),
    num_docs: numberSchema,
    indexing: numberSchema,
    percent_indexed: numberSchema,
    hash_indexing_failures: numberSchema,
    'Index Errors': errorsSchema.optional(),
  }),
);

/** What Redis tells of an index. */
export type IndexInfo = z.infer<typeof infoSchema>;
export type IndexAttribute = z.infer<typeof attributeSchema>;

/** FT.INFO of an index or alias; null where there is none. */
export async function indexInfo(client: RedisClient, name: string): Promise<IndexInfo | null> {
  try {
    return parsedAt(name, infoSchema, await client.sendCommand(['FT.INFO', name]));
  } catch (error) {
    if (isUnknownIndex(error)) return null;
    throw error;
  }
}

export function isUnknownIndex(error: unknown): boolean {
  return error instanceof ErrorReply && /unknown index|no such index|index not found/i.test(error.message);
}
