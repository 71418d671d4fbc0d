import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, lastLines } from './commands.js';
import { accepts } from './ports.js';

/** How to start a server and how to tell that it is ready. */
export interface ProcessPlan {
  /** As messages call it. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** What the server prints is added to this file. */
  readonly logFile: string;
  /** The server is ready when it printed this and accepts connections at `port`. */
  readonly readyLine: string;
  readonly port: number;
  /** Whether the server goes on when this process ends. Otherwise it is killed then, however this process ends. */
  readonly outlives: boolean;
  /** Gets pid and port as JSON as soon as there is a process. */
  readonly pidFile?: string;
  readonly readyWithinMs?: number;
  readonly stopsWithinMs?: number;
}

/** A server that was started and can be mistreated. */
export interface ProcessHandle {
  /** Of the process that runs now; another one after `restart`. */
  readonly pid: number;
  /** Ends it in order (SIGTERM), by force where that takes too long. */
  stop(): Promise<void>;
  /** Ends it as a power cut would (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again at the same port and folder, after `stop` where it still runs; resolves when it is ready. */
  restart(): Promise<void>;
  /** Halts it (SIGSTOP): its connections stay open and nothing answers. */
  freeze(): void;
  /** Ends `freeze`. */
  resume(): void;
}

/**
 * Starts the server and waits until it is ready.
 *
 * @throws an error with the last lines of its log where it ended or was not ready in time.
 */
export async function launch(plan: ProcessPlan): Promise<ProcessHandle> {
  let child = await start(plan);
  const handle: ProcessHandle = {
    get pid() {
      return child.pid ?? 0;
    },
    async stop() {
      if (hasEnded(child)) return;
      child.kill('SIGTERM');
      child.kill('SIGCONT');
      if (!(await endsWithin(child, plan.stopsWithinMs ?? 15_000))) await handle.kill();
    },
    async kill() {
      if (hasEnded(child)) return;
      child.kill('SIGKILL');
      if (!(await endsWithin(child, 10_000))) throw new Error(`${plan.name} (pid ${child.pid}) does not end`);
    },
    async restart() {
      await handle.stop();
      child = await start(plan);
    },
    freeze: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
  return handle;
}

async function start(plan: ProcessPlan): Promise<ChildProcess> {
  const log = openSync(plan.logFile, 'a');
  const from = (await stat(plan.logFile)).size;
  const child = spawn(plan.program, plan.args, {
    stdio: ['ignore', log, log],
    detached: plan.outlives,
    env: { ...process.env, ...plan.environment },
  });
  closeSync(log);
  child.unref();
  if (plan.pidFile) writeFileSync(plan.pidFile, JSON.stringify({ pid: child.pid, port: plan.port }));
  if (!plan.outlives && child.pid) endWithThisProcess(child, child.pid);
  try {
    await ready(child, plan, from);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return child;
}

async function ready(child: ChildProcess, plan: ProcessPlan, from: number): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  const limit = plan.readyWithinMs ?? 90_000;
  const until = performance.now() + limit;
  const printed = async () => (await readFile(plan.logFile)).subarray(from).toString();
  for (;;) {
    if (failure) throw new Error(`${plan.name} could not be started: ${failure.message}`);
    const output = await printed();
    const explain = (what: string) =>
      new Error(`${plan.name} ${what}; the end of ${plan.logFile}:\n${lastLines(output, 12)}`);
    if (hasEnded(child))
      throw explain(`ended at its start (${child.signalCode ?? `exit ${child.exitCode}`})`);
    if (output.includes(plan.readyLine) && (await accepts(plan.port))) return;
    if (performance.now() > until) throw explain(`was not ready within ${limit / 1000} s`);
    await sleep(25);
  }
}

/** A shell waits at a pipe that closes when this process ends, even by SIGKILL, and then kills the server. */
function endWithThisProcess(child: ChildProcess, pid: number): void {
  const guard = spawn('sh', ['-c', 'trap "" INT TERM HUP; cat; kill -9 "$0"', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.once('error', () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  child.once('exit', () => guard.kill('SIGKILL'));
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

async function endsWithin(child: ChildProcess, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs;
  while (!hasEnded(child) && performance.now() < until) await sleep(10);
  return hasEnded(child);
}

/** Whether the process runs and has `mark` among its arguments: a pid alone may be another program's by now. */
export async function isRunning(pid: number, mark: string): Promise<boolean> {
  return (await attempt('ps', ['-ww', '-o', 'args=', '-p', String(pid)]))?.includes(mark) ?? false;
}

/** Ends a process that another one started: SIGTERM, and SIGKILL after `limitMs`. */
export async function stopProcess(pid: number, mark: string, limitMs = 15_000): Promise<void> {
  if (!(await isRunning(pid, mark))) return;
  process.kill(pid, 'SIGTERM');
  process.kill(pid, 'SIGCONT');
  const until = performance.now() + limitMs;
  while (await isRunning(pid, mark)) {
    if (performance.now() > until) process.kill(pid, 'SIGKILL');
    await sleep(50);
  }
}
