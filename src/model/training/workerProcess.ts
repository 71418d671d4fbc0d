import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { trainingThreads } from '../tensorflow/threads.js';
import type { FromWorker, ToWorker } from './messages.js';

/** How much of the worker's last words is kept. */
const STDERR_TAIL = 2000;

const KILLING: readonly unknown[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGXCPU', 'SIGXFSZ'];

/** How a worker ended. */
export interface WorkerEnd {
  /** E.g. `signal SIGKILL` or `exit code 1`. */
  readonly how: string;
  /** Whether a signal ended it that a process does not send itself. */
  readonly killed: boolean;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
}

/** Who waits for a worker. */
export interface WorkerListener {
  message(message: FromWorker): void;
  /** The process has ended, for whatever reason; no message follows. */
  ended(end: WorkerEnd): void;
}

const NOBODY: WorkerListener = { message: () => undefined, ended: () => undefined };

/** A training process, as its parent sees it. */
export interface WorkerProcess {
  /** Resolves when the message is on its way. */
  send(message: ToWorker): Promise<void>;
  /** Tells a listener in the place of the one before, also that the process has ended already; without one, nobody. */
  tell(listener?: WorkerListener): void;
  hasEnded(): boolean;
  /** Ends the process at once. */
  kill(): Promise<void>;
}

/**
 * Starts worker.ts in a process of its own, from the sources or from the build, whichever this module comes from.
 * @param threads threads of native TensorFlow; by default those of `trainingThreads`
 */
export function startWorker(threads: number | undefined): WorkerProcess {
  const fromSources = import.meta.url.endsWith('.ts');
  const script = new URL(fromSources ? './worker.ts' : './worker.js', import.meta.url);
  const loader = (): string => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = fork(fileURLToPath(script), [], {
    execArgv: fromSources ? ['--import', loader()] : [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...process.env,
      TF_NUM_INTRAOP_THREADS: String(threads ?? trainingThreads()),
    },
  });
  let listener = NOBODY;
  let end: WorkerEnd | undefined;
  // One reaction for the life of the process: whoever waited once would be kept by it, with all that they hold.
  const ended = endOf(child).then((how) => {
    end = how;
    listener.ended(how);
  });
  child.on('message', (message: FromWorker) => listener.message(message));

  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        child.send(message, (error) => (error ? reject(error) : resolve()));
      }),
    tell: (next = NOBODY) => {
      listener = next;
      if (end) listener.ended(end);
    },
    hasEnded: () => end !== undefined,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function endOf(child: ChildProcess): Promise<WorkerEnd> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_TAIL);
  });
  const { how, killed } = await Promise.race<Pick<WorkerEnd, 'how' | 'killed'>>([
    once(child, 'close').then(([code, signal]) =>
      signal
        ? { how: `signal ${signal}`, killed: KILLING.includes(signal) }
        : { how: `exit code ${code}`, killed: false },
    ),
    once(child, 'error').then(([error]) => ({ how: String(error), killed: false })),
  ]).catch((error: unknown) => ({ how: String(error), killed: false }));
  return { how, killed, stderr: stderr.trim() };
}
