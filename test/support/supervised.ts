import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LetheProcess, startLetheProcess, type Variables } from './letheProcess.js';

const RESTART_MS = 500;
/** From SIGTERM to the end, at most. */
const DRAIN_MS = 30_000;
const WATCH_MS = 500;

/** A worker that is started again whenever it ends, as systemd or Kubernetes would. */
export interface Supervised {
  readonly role: 'learn' | 'infer';
  /** How often it was started. */
  readonly starts: number;
  /** The most memory that one of its processes had resident, in MiB. */
  readonly peakMiB: number;
  /** What all its processes logged. */
  readonly lines: readonly unknown[];
  /** Resolves when it listens. */
  listening(): Promise<LetheProcess>;
  /** Of the process that runs now, if one does. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, and no new start. @throws where it does not end in time */
  stop(): Promise<void>;
  kill(): void;
}

export function supervise(role: 'learn' | 'infer', variables: Variables): Supervised {
  let child: ChildProcess | undefined;
  let running: LetheProcess | undefined;
  let stopping = false;
  let starts = 0;
  let peakMiB = 0;
  let over: Promise<void> = Promise.resolve();
  const lines: unknown[] = [];
  const watching = setInterval(() => {
    peakMiB = Math.max(peakMiB, residentMiB(child?.pid));
  }, WATCH_MS).unref();

  const run = async (): Promise<void> => {
    while (!stopping) {
      starts++;
      let ended: Promise<unknown> = Promise.resolve();
      try {
        running = await startLetheProcess(['--role', role], variables, (started) => {
          child = started;
          ended = new Promise((resolve) => started.once('close', resolve));
        });
        await running.ended;
        lines.push(...running.lines);
      } catch (error) {
        // It ended before it listened: killed, or a service was away for too long. It is started again.
        lines.push(String(error));
        await ended;
      }
      running = undefined;
      if (!stopping) await sleep(RESTART_MS);
    }
  };
  over = run();
  return {
    role,
    get starts() {
      return starts;
    },
    get peakMiB() {
      return peakMiB;
    },
    get lines() {
      return [...lines, ...(running?.lines ?? [])];
    },
    listening: async () => {
      while (!running) await sleep(50);
      return running;
    },
    signal: (signal) => void child?.kill(signal),
    stop: async () => {
      stopping = true;
      child?.kill('SIGCONT');
      child?.kill('SIGTERM');
      const late = Symbol('late');
      if ((await Promise.race([over, sleep(DRAIN_MS, late, { ref: false })])) === late) {
        child?.kill('SIGKILL');
        throw new Error(`a worker (${role}) did not end within ${DRAIN_MS} ms`);
      }
      clearInterval(watching);
    },
    kill: () => {
      stopping = true;
      clearInterval(watching);
      child?.kill('SIGKILL');
    },
  };
}

/** Peak resident memory of a process, as Linux counts it. */
function residentMiB(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    const kiB = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return Number(kiB ?? 0) / 1024;
  } catch {
    return 0;
  }
}
