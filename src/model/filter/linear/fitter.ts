import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { LetheError } from '../../../domain/errors.js';
import { startThread } from '../../embedder/startThread.js';
import type { Detector } from './detector.js';
import type { FitReply, FitRequest, FitterSettings, Portion } from './fitProtocol.js';

/**
 * Makes detectors in a thread of its own, which keeps the sums of classes, so that a further class costs its own vectors
 * alone. One call at a time.
 */
export interface DetectorFitter {
  /** Keys of the classes whose sums are kept. */
  readonly held: ReadonlySet<string>;
  /**
   * Adds the vectors of a class. Where it is broken off, everything is forgotten.
   * @param portions their buffers change hands
   * @returns how many there were
   */
  add(key: string, portions: AsyncIterable<Portion>): Promise<number>;
  /**
   * The detector of the classes with these keys: all that are held.
   * @throws LetheError `internal` where the thread can't answer, or ends before it does
   */
  detector(keys: readonly string[]): Promise<Detector>;
  /** Forgets all sums. */
  forget(): Promise<void>;
}

/** The thread is started by the first class, and does not keep the process alive; one that ended holds nothing any more. */
export function createDetectorFitter(settings: FitterSettings): DetectorFitter {
  const held = new Set<string>();
  let thread: { readonly worker: Worker; readonly ended: AbortSignal } | undefined;
  const start = () => {
    const worker = startThread(import.meta.url, 'fitWorker', settings);
    const ended = new AbortController();
    worker.unref();
    // Whoever waits for an answer is told by the exit; without a listener an error would end the process.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      if (thread?.worker === worker) {
        thread = undefined;
        held.clear();
      }
      ended.abort();
    });
    return { worker, ended: ended.signal };
  };
  const ask = async (request: FitRequest): Promise<Detector | null> => {
    thread ??= start();
    const answered = once(thread.worker, 'message', { signal: thread.ended });
    thread.worker.postMessage(request, request.kind === 'add' ? [request.vectors.buffer] : []);
    const [reply] = (await answered.catch((cause: unknown) => {
      throw unmade('its thread ended', cause);
    })) as [FitReply];
    if (!reply.ok) throw unmade(reply.message);
    return reply.detector;
  };
  const forget = async (): Promise<void> => {
    held.clear();
    const ending = thread?.worker;
    thread = undefined;
    await ending?.terminate();
  };
  return {
    held,
    async add(key, portions) {
      let count = 0;
      try {
        for await (const portion of portions) {
          count += portion.ids.length;
          await ask({ kind: 'add', key, ...portion });
        }
        held.add(key);
        return count;
      } catch (error) {
        await forget();
        throw error;
      }
    },
    async detector(keys) {
      // A thread that ended meanwhile took the sums with it.
      if (keys.length === 0 || !keys.every((key) => held.has(key)))
        throw unmade('sums of a class are missing');
      const made = await ask({ kind: 'fit', keys });
      if (!made) throw unmade('its thread answered something else');
      return made;
    },
    forget,
  };
}

function unmade(why: string, cause?: unknown): LetheError {
  return new LetheError('internal', `the detector can't be made: ${why}`, {
    remedy: 'This is unexpected: report it with the log lines around it.',
    cause,
  });
}
