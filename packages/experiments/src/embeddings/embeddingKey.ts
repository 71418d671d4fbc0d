import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ImageEmbedderDescription } from 'lethe/internal/model/embedder/embedderDescription.js';
import { modelFiles } from 'lethe/internal/model/embedder/modelFiles.js';
import { RESIZING } from 'lethe/internal/model/embedder/resizing.js';

/**
 * What embeddings depend on, in twelve characters: the data, the network's weights and its preprocessing. Where and how
 * fast the network runs is no part of it.
 * @param data identity of the data set, e.g. a hash of its images
 */
export async function embeddingKey(data: string, description: ImageEmbedderDescription): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([data, RESIZING, meaningOf(description)]));
  for (const file of await modelFiles(description)) await addFile(hash, file);
  return hash.digest('hex').slice(0, 12);
}

function meaningOf(description: ImageEmbedderDescription): Readonly<Record<string, unknown>> {
  if (description.kind === 'onnx') {
    const { path: _, threads: __, batchLimit: ___, ...meaning } = description;
    return meaning;
  }
  const { path: _, backend: __, batchLimit: ___, ...meaning } = description;
  return meaning;
}

async function addFile(hash: Hash, file: string): Promise<void> {
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
}
