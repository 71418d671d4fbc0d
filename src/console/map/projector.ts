import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { LetheError } from '../../domain/errors.js';
import { startThread } from '../../model/embedder/startThread.js';
import type { PlanePoint } from '../../model/projection.js';
import type { ProjectorReply, ProjectorRequest, ProjectorSettings } from './protocol.js';

/** Draws vectors in the plane, in a thread of its own. */
export interface Projector {
  /** One request at a time. */
  project(request: ProjectorRequest): Promise<readonly PlanePoint[]>;
  close(): Promise<void>;
}

/** The thread is started by the first request, and does not keep the process alive. */
export function createProjector(settings: ProjectorSettings): Projector {
  let worker: Worker | undefined;
  return {
    async project(request) {
      worker ??= startThread(import.meta.url, 'projectorWorker', settings);
      worker.unref();
      const answered = once(worker, 'message');
      worker.postMessage(request, [request.vectors.buffer]);
      const [reply] = (await answered) as [ProjectorReply];
      if (reply.ok) return reply.points;
      throw new LetheError('internal', `the map can't be drawn: ${reply.message}`, {
        remedy: 'This is unexpected: report it with the log lines around it.',
      });
    },
    async close() {
      await worker?.terminate();
      worker = undefined;
    },
  };
}
