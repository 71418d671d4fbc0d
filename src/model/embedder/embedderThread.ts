import type { Worker } from 'node:worker_threads';
import { LetheError, revived } from '../../domain/errors.js';
import type { EmbedderDescription } from './embedderDescription.js';
import type { PackedInputs } from './packedInputs.js';
import { startThread } from './startThread.js';
import type { EmbedRequest, WorkerReply } from './threadProtocol.js';

interface Waiting {
  resolve(vectors: Float32Array): void;
  reject(error: Error): void;
}

/** The near end of an embedder's worker: matches answers with requests, and keeps the process alive while some wait. */
export class EmbedderThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ended: Promise<void>;
  #lost: Error | undefined;
  #nextId = 0;
  dimension = 0;

  static async start(description: EmbedderDescription): Promise<EmbedderThread> {
    const thread = new EmbedderThread(description);
    thread.dimension = await thread.#ready();
    return thread;
  }

  private constructor(description: EmbedderDescription) {
    this.#worker = startThread(import.meta.url, 'embedderWorker', description);
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.on('message', (reply: WorkerReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#lose(error));
    this.#worker.on('exit', () => this.#lose(undefined));
  }

  /** Whether it has ended without being asked to. */
  get lost(): boolean {
    return this.#lost !== undefined;
  }

  /** @throws LetheError `internal` where the thread ends over these inputs, or has ended */
  embed(inputs: PackedInputs): Promise<Float32Array> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage(
        { id, inputs } satisfies EmbedRequest,
        'pixels' in inputs ? [inputs.pixels.buffer] : [],
      );
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
        remedy: 'Lethe starts a new thread. Report the input that ended it, with the log lines around it.',
        cause,
      },
    );
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost);
    this.#waiting.clear();
  }
}
