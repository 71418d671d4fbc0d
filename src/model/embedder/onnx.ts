import { access } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { LetheError, type SerialisedError } from '../../domain/errors.js';
import type { Embedder } from './embedder.js';
import type { OnnxEmbedderDescription } from './onnxDescription.js';
import type { EmbedRequest, WorkerReply } from './onnxProtocol.js';
import { packed } from './preprocessing.js';
import { startThread } from './startThread.js';

/**
 * An embedder that runs an ONNX network.
 *
 * ONNX Runtime's binding for Node computes on the thread that calls it, so the network has a worker thread of its
 * own: the event loop stays free, and conversions of pixels happen there too.
 * @throws LetheError `embedder-invalid` that names the field of the description and what the network has instead
 */
export async function createOnnxEmbedder(description: OnnxEmbedderDescription): Promise<Embedder> {
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
        const batch = packed(images.slice(start, start + description.batchLimit), description);
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
    throw new LetheError('embedder-invalid', `there is no readable file ${path}`, {
      field: 'embedder.path',
      value: path,
      remedy: 'Give the path of an .onnx file; a relative one is looked up in the working directory.',
      cause,
    });
  }
}

interface Waiting {
  resolve(vectors: Float32Array): void;
  reject(error: Error): void;
}

/** The near end of the worker: matches answers with requests and keeps the process alive only while some wait. */
class EmbedderThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #lost: Error | undefined;
  #nextId = 0;
  dimension = 0;

  static async start(description: OnnxEmbedderDescription): Promise<EmbedderThread> {
    const thread = new EmbedderThread(description);
    thread.dimension = await thread.#ready();
    return thread;
  }

  private constructor(description: OnnxEmbedderDescription) {
    this.#worker = startThread(import.meta.url, 'onnxWorker', description);
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#lose(error));
    this.#worker.on('exit', () => this.#lose(undefined));
  }

  embed(pixels: Uint8Array<ArrayBuffer>): Promise<Float32Array> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, pixels } satisfies EmbedRequest, [pixels.buffer]);
    });
  }

  /** Ends the thread once what it was asked is answered. */
  async close(): Promise<void> {
    this.#worker.ref();
    this.#worker.postMessage(null);
    await this.#ended;
  }

  #ready(): Promise<number> {
    return new Promise((resolve, reject) => {
      const settle = (reply: WorkerReply): void => {
        if (reply.kind === 'ready') {
          this.#worker.unref();
          resolve(reply.dimension);
        } else if (reply.kind === 'invalid') reject(revived(reply.error));
      };
      this.#worker.once('message', settle);
      this.#worker.once('error', reject);
    });
  }

  #receive(reply: WorkerReply): void {
    if (reply.kind !== 'embedded' && reply.kind !== 'failed') return;
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if (reply.kind === 'embedded') waiting?.resolve(reply.vectors);
    else waiting?.reject(revived(reply.error));
  }

  #lose(cause: Error | undefined): void {
    this.#lost ??= new LetheError(
      'internal',
      `the embedder's thread ended${cause ? `: ${cause.message}` : ''}`,
      {
        remedy: 'Restart the process; if it happens again, report it with the log lines around it.',
        retriable: true,
        cause,
      },
    );
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost);
    this.#waiting.clear();
  }
}

/** An error of the worker, as thrown there: errors lose their class on the way between threads. */
function revived({ code, message, remedy, field, value, evidence }: SerialisedError): LetheError {
  return new LetheError(code, message, {
    remedy,
    ...(field === undefined ? {} : { field }),
    ...(value === undefined ? {} : { value }),
    ...(evidence === undefined ? {} : { evidence }),
  });
}
