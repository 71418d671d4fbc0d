import { access } from 'node:fs/promises';
import type { Embedder } from './embedder.js';
import type { EmbedderDescription } from './embedderDescription.js';
import { EmbedderThread } from './embedderThread.js';
import { invalidEmbedder } from './invalidEmbedder.js';
import { packed } from './preprocessing.js';

/**
 * An embedder that runs the described network, ONNX or TensorFlow.js.
 *
 * Both runtimes compute on the thread that calls them, so the network has a worker thread of its own: the event loop
 * stays free, and pixels are converted there too.
 * @throws LetheError `embedder-invalid` that names the field of the description and what the network has instead;
 *   `backend-unavailable` where TensorFlow's wanted backend does not load
 */
export async function createEmbedder(description: EmbedderDescription): Promise<Embedder> {
  await refuseMissing(description.path);
  const thread = await EmbedderThread.start(description);
  const { width, height } = description.inputSize;
  return {
    name: `${description.name}@${width === height ? width : `${width}x${height}`}`,
    dimension: thread.dimension,
    inputSize: description.inputSize,
    async embed(images) {
      const vectors = new Float32Array(images.length * thread.dimension);
      for (let start = 0; start < images.length; start += description.batchLimit) {
        const batch = packed(images.slice(start, start + description.batchLimit));
        vectors.set(await thread.embed(batch), start * thread.dimension);
      }
      return vectors;
    },
    close: () => thread.close(),
  };
}

async function refuseMissing(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw invalidEmbedder('path', path, 'there is no readable file', {
      remedy: 'Give the path of the model; a relative one is looked up in the working directory.',
      cause,
    });
  }
}
