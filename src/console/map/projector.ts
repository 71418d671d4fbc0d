import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { LetheError } from '../../domain/errors.js';
import { startThread } from '../../model/embedder/startThread.js';
import type { PlanePoint } from '../../model/projection.js';
import type { ProjectorReply, ProjectorRequest, ProjectorSettings } from './protocol.js';

/** Draws vectors in the plane, in a thread of its own. */
export interface Projector {
  /**
   * One request at a time.
   * @throws LetheError `internal` where the thread can't answer, or ends before it does
   */
  project(request: ProjectorRequest): Promise<readonly PlanePoint[]>;
  close(): Promise<void>;
}

interface Thread {
  readonly worker: Worker;
  readonly ended: AbortSignal;
}

/** The thread is started by the first request, and does not keep the process alive; one that ended is started again. */
export function createProjector(settings: ProjectorSettings): Projector {
  let thread: Thread | undefined;
  const start = (): Thread => {
    const worker = startThread(import.meta.url, 'projectorWorker', settings);
    const ended = new AbortController();
    worker.unref();
    // Whoever waits for an answer is told by the exit; without a listener an error would end the process.
    worker.on('error', () => undefined);
    worker.once('exit', () => {
      thread = undefined;
      ended.abort();
    });
    return { worker, ended: ended.signal };
  };
  return {
    async project(request) {
      thread ??= start();
      const answered = once(thread.worker, 'message', { signal: thread.ended });
      thread.worker.postMessage(request, [request.vectors.buffer]);
      const [reply] = (await answered.catch((cause: unknown) => {
        throw undrawable('its thread ended', cause);
      })) as [ProjectorReply];
      if (reply.ok) return reply.points;
      throw undrawable(reply.message);
    },
    async close() {
      await thread?.worker.terminate();
    },
  };
}

function undrawable(why: string, cause?: unknown): LetheError {
  return new LetheError('internal', `the map can't be drawn: ${why}`, {
    remedy: 'This is unexpected: report it with the log lines around it.',
    cause,
  });
}
