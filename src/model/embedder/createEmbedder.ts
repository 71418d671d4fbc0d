import { access } from 'node:fs/promises';
import { LetheError } from '../../domain/errors.js';
import { type Embedder, NO_IMAGES } from './embedder.js';
import type { EmbedderDescription } from './embedderDescription.js';
import { EmbedderThread } from './embedderThread.js';
import type { ImageSize } from './enlarge.js';
import { fingerprintOf } from './fingerprint.js';
import { invalidEmbedder } from './invalidEmbedder.js';
import { packedInputs } from './packedInputs.js';

/**
 * An embedder that runs the described network, of ONNX Runtime, TensorFlow.js or Transformers.js.
 *
 * All of them compute on the thread that calls them, so the network has a worker thread of its own: the event loop
 * stays free, and pixels are converted and texts cut into tokens there too.
 * @throws LetheError `embedder-invalid` that names the field of the description and what the network has instead;
 *   `backend-unavailable` where TensorFlow's wanted backend or Transformers.js does not load
 */
export async function createEmbedder(description: EmbedderDescription): Promise<Embedder> {
  if (description.path !== undefined) await refuseMissing(description.path);
  let thread = await EmbedderThread.start(description);
  let successor: Promise<EmbedderThread> | undefined;
  let closed = false;
  /** A thread that ended (over an image, for want of memory) has a successor: those who come next do not suffer for it. */
  const succeeded = async (): Promise<EmbedderThread> => {
    successor ??= succeed(description).finally(() => {
      successor = undefined;
    });
    thread = await successor;
    return thread;
  };
  const isText = description.kind === 'text';
  return {
    name: isText ? description.name : `${description.name}@${sideOf(description.inputSize)}`,
    fingerprint: await fingerprintOf(description),
    dimension: thread.dimension,
    inputSize: isText ? NO_IMAGES : description.inputSize,
    takes: isText ? 'texts' : 'images',
    async embed(inputs) {
      const { dimension } = thread;
      const vectors = new Float32Array(inputs.length * dimension);
      for (let start = 0; start < inputs.length; start += description.batchLimit) {
        const batch = packedInputs(inputs.slice(start, start + description.batchLimit));
        const living = thread.lost && !closed ? await succeeded() : thread;
        vectors.set(await living.embed(batch), start * dimension);
      }
      return vectors;
    },
    close: () => {
      closed = true;
      return thread.close();
    },
  };
}

function sideOf({ width, height }: ImageSize): string {
  return width === height ? String(width) : `${width}x${height}`;
}

/** @throws LetheError `backend-unavailable`, retriable: what starts the next thread may be put right meanwhile */
async function succeed(description: EmbedderDescription): Promise<EmbedderThread> {
  try {
    return await EmbedderThread.start(description);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LetheError(
      'backend-unavailable',
      `the embedder's thread ended and can't be restarted: ${why}`,
      {
        field: 'embedder',
        value: description.name,
        remedy:
          'Check that the model file exists and is complete, and that memory is free. Lethe tries again.',
        retriable: true,
        cause,
      },
    );
  }
}

async function refuseMissing(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    throw invalidEmbedder('path', path, 'there is no readable file', {
      remedy: 'Give the path of the model. A relative path starts at the working directory.',
      cause,
    });
  }
}
