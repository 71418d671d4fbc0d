import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Role } from '../../src/streams/roles.js';
import { type LetheProcess, startLetheProcess } from './letheProcess.js';
import type { Model } from './workersModel.js';

/** Workers of one model that have a folder each, as on machines of their own. */
export interface Fleet {
  /** Everything that the worker may write lies below. */
  folderOf(name: string): string;
  /** Starts the worker, or starts it again in the folder that it had. */
  start(role: Role, name: string): Promise<void>;
  /** `kill -9`. */
  kill(name: string): Promise<void>;
  /** Whether the process that runs now has become the learner. */
  isLearner(name: string): boolean;
  /** What `/readyz` answers. */
  readiness(name: string): Promise<unknown>;
  close(): void;
}

export function openFleet(folder: string, { variables }: Model): Fleet {
  const running = new Map<string, LetheProcess>();
  const children: ChildProcess[] = [];
  const folderOf = (name: string): string => join(folder, name);
  const worker = (name: string): LetheProcess => {
    const found = running.get(name);
    if (!found) throw new Error(`no worker ${name} was started`);
    return found;
  };
  return {
    folderOf,
    start: async (role, name) => {
      await mkdir(folderOf(name), { recursive: true });
      const checkpoints = join(folderOf(name), 'checkpoints');
      const own = { ...variables, LETHE_WORKER__NAME: name, LETHE_MODEL__CHECKPOINTS: checkpoints };
      running.set(name, await startLetheProcess(['--role', role], own, (child) => children.push(child)));
    },
    kill: async (name) => {
      worker(name).child.kill('SIGKILL');
      await worker(name).ended;
    },
    isLearner: (name) => worker(name).lines.some(({ msg }) => msg === 'this worker is the learner'),
    readiness: async (name) => (await fetch(`${worker(name).url}/readyz`)).json(),
    close: () => {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}
