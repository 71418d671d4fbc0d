import type { LetheError } from '../../domain/errors.js';
import { type EmbedderIdentity, embeddersInWords, isSameEmbedder } from '../embedderIdentity.js';
import type { RedisClient } from './client.js';
import { mismatch } from './errors.js';
import type { Keys } from './keys.js';
import type { RedisStoreOptions } from './options.js';

/**
 * Compares the embedder with the one whose vectors are in Redis. A learner notes its own where none is noted yet, or where
 * there is no vector with which its own could be mixed.
 * @param stored vectors in Redis
 * @returns the fault, if the vectors are of another embedder
 */
export async function otherEmbedder(
  client: RedisClient,
  keys: Keys,
  { embedder, dimension }: RedisStoreOptions,
  stored: number,
): Promise<LetheError | undefined> {
  if (!embedder) return undefined;
  const own: EmbedderIdentity = { embedder: embedder.name, dimension, fingerprint: embedder.fingerprint };
  const known = identityOf(await client.hGetAll(keys.embedder));
  if (known && isSameEmbedder(known, own)) {
    const isNew = known.fingerprint === undefined && own.fingerprint !== undefined;
    if (embedder.isNoted && isNew) await note(client, keys, own);
    return undefined;
  }
  if (known && stored > 0)
    return mismatch(
      'embedder',
      `the vectors in Redis are ${embeddersInWords(known, own)}`,
      own.embedder,
      'Use the embedder of the existing vectors, or set another model.name and learn again.',
    );
  if (embedder.isNoted) await note(client, keys, own);
  return undefined;
}

async function note(
  client: RedisClient,
  keys: Keys,
  { embedder, dimension, fingerprint = '' }: EmbedderIdentity,
): Promise<void> {
  await client.hSet(keys.embedder, { embedder, dimension: String(dimension), fingerprint });
}

/** The embedder as it is noted, or undefined. */
function identityOf({
  embedder,
  dimension,
  fingerprint,
}: Record<string, string>): EmbedderIdentity | undefined {
  if (embedder === undefined) return undefined;
  return { embedder, dimension: Number(dimension), fingerprint: fingerprint || undefined };
}
