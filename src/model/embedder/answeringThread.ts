import { once } from 'node:events';
import type { TransferListItem, Worker } from 'node:worker_threads';
import type { LetheError } from '../../domain/errors.js';

/** What a thread answers to a request that it could not do. */
export interface FailedReply {
  readonly ok: false;
  readonly message: string;
}

/** A thread, and what is done about it. */
export interface AnsweringThreadOptions {
  readonly start: () => Worker;
  /** What is thrown where it does not answer. */
  readonly failed: (why: string, cause?: unknown) => LetheError;
  /** Told when a thread is gone, with all that it kept. */
  readonly onGone?: () => void;
}

/**
 * A thread that answers one request at a time. The first request starts it, as does the next one where it ended. It does not keep
 * the process alive.
 */
export class AnsweringThread<Request, Reply extends { readonly ok: true }> {
  #thread: { readonly worker: Worker; readonly ended: AbortSignal } | undefined;

  constructor(private readonly options: AnsweringThreadOptions) {}

  /**
   * Asks and waits for the answer; the caller waits for each before it asks again.
   * @param transfer buffers of the request that change hands
   * @throws LetheError what `failed` makes of it, where the thread can't answer, or ends before it does
   */
  async ask(request: Request, transfer: readonly TransferListItem[] = []): Promise<Reply> {
    const { failed } = this.options;
    this.#thread ??= this.#started();
    const { worker, ended } = this.#thread;
    const answered: Promise<(Reply | FailedReply)[]> = once(worker, 'message', { signal: ended });
    worker.postMessage(request, transfer);
    const [reply] = await answered.catch((cause: unknown) => {
      throw failed('its thread ended', cause);
    });
    if (reply?.ok) return reply;
    throw failed(reply?.message ?? 'its thread answered nothing');
  }

  /** Ends the thread, which whoever waits for an answer is told. */
  async end(): Promise<void> {
    const ending = this.#thread?.worker;
    this.#thread = undefined;
    await ending?.terminate();
  }

  #started(): { readonly worker: Worker; readonly ended: AbortSignal } {
    const worker = this.options.start();
    const ended = new AbortController();
    worker.unref();
    // Whoever waits for an answer is told by the exit; without a listener an error would end the process.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (this.#thread?.worker === worker) {
        this.#thread = undefined;
        this.options.onGone?.();
      }
      ended.abort();
    });
    return { worker, ended: ended.signal };
  }
}
