import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { EmbedderDescription } from './embedderDescription.js';
import { modelFiles } from './modelFiles.js';
import { RESIZING } from './resizing.js';

/**
 * What the vectors of an embedder depend on, as a SHA-256: the files of the network, and how inputs are prepared for it.
 * Where the files are, their name for people and how fast they run is no part of it.
 * @throws LetheError `embedder-invalid` where the files can't be told
 */
export async function fingerprintOf(description: EmbedderDescription): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(meaningOf(description)));
  for (const file of await modelFiles(description)) await addFile(hash, file);
  return hash.digest('hex');
}

/** The part of a description that changes vectors, with its fields in one order. */
function meaningOf(description: EmbedderDescription): readonly unknown[] {
  const { kind, output } = description;
  if (kind === 'text') {
    const { pooling, prefix, maxTokens } = description;
    return [kind, output ?? null, pooling, prefix, maxTokens];
  }
  const { inputSize, scale, mean, std, layout, channels } = description;
  const size = [inputSize.width, inputSize.height];
  const input = kind === 'onnx' ? description.input : null;
  return [kind, input, output ?? null, size, scale, mean, std, layout, channels, RESIZING];
}

async function addFile(hash: Hash, file: string): Promise<void> {
  for await (const bytes of createReadStream(file)) hash.update(bytes as Buffer);
}
