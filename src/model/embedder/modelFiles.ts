import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { EmbedderDescription, ImageEmbedderDescription } from './embedderDescription.js';
import { firstLine, invalidEmbedder } from './invalidEmbedder.js';
import { textModelFiles } from './textModelFolder.js';

const manifestSchema = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string().min(1)) })),
});

/**
 * The files that make up the described network: the `.onnx` file, a `model.json` and its weight files, or those of a text
 * model with its tokeniser.
 * @throws LetheError `embedder-invalid`
 */
export function modelFiles(description: EmbedderDescription): Promise<string[]> {
  return description.kind === 'text' ? textModelFiles(description) : imageModelFiles(description);
}

async function imageModelFiles({ kind, path }: ImageEmbedderDescription): Promise<string[]> {
  if (kind === 'onnx') return [path];
  try {
    const { weightsManifest } = manifestSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return [path, ...weightsManifest.flatMap(({ paths }) => paths.map((file) => join(dirname(path), file)))];
  } catch (error) {
    throw invalidEmbedder('path', path, `it can't be read as a TensorFlow.js model: ${firstLine(error)}`, {
      remedy: 'Give the path of a model.json, with all its weight files beside it.',
      cause: error,
    });
  }
}
