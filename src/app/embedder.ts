import { join } from 'node:path';
import { cacheFolder } from '../data/cacheFolder.js';
import { createEmbedder } from '../model/embedder/createEmbedder.js';
import { EFFICIENTNET_LITE0 } from '../model/embedder/efficientNetLite0.js';
import type { Embedder } from '../model/embedder/embedder.js';
import { vectorsOnly } from '../model/embedder/vectorsOnly.js';
import type { LetheConfig } from './config/schema.js';

/** The embedder that the config names. */
export async function embedderOf({ embedder }: LetheConfig): Promise<Embedder> {
  if (embedder.kind === 'vectors') return vectorsOnly(embedder.dimension);
  if (embedder.kind === 'text') return createEmbedder({ cache: join(cacheFolder(), 'hub'), ...embedder });
  if (embedder.kind !== 'bundled') return createEmbedder(embedder);
  const { size, threads } = embedder;
  const inputSize = { width: size, height: size };
  return createEmbedder({ ...EFFICIENTNET_LITE0, inputSize, ...(threads !== undefined && { threads }) });
}
