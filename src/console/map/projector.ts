import { LetheError } from '../../domain/errors.js';
import { AnsweringThread } from '../../model/embedder/answeringThread.js';
import { startThread } from '../../model/embedder/startThread.js';
import type { PlanePoint } from '../../model/projection.js';
import type { ProjectorAnswer, ProjectorRequest, ProjectorSettings } from './protocol.js';

/** Draws vectors in the plane, in a thread of its own. */
export interface Projector {
  /**
   * One request at a time.
   * @throws LetheError `internal` where the thread can't answer, or ends before it does
   */
  project(request: ProjectorRequest): Promise<readonly PlanePoint[]>;
  close(): Promise<void>;
}

/** The thread is started by the first request; one that ended is started again. */
export function createProjector(settings: ProjectorSettings): Projector {
  const thread = new AnsweringThread<ProjectorRequest, ProjectorAnswer>({
    start: () => startThread(import.meta.url, 'projectorWorker', settings),
    failed: undrawable,
  });
  return {
    project: async (request) => (await thread.ask(request, [request.vectors.buffer])).points,
    close: () => thread.end(),
  };
}

function undrawable(why: string, cause?: unknown): LetheError {
  return new LetheError('internal', `the map can't be drawn: ${why}`, {
    remedy: 'This is unexpected: report it with the log lines around it.',
    cause,
  });
}
