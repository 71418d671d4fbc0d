import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Processes started by this one, of Linux. */
export async function children(): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(process.pid)]);
  return stdout.trim().split(/\s+/).filter(Boolean).map(Number);
}

/** What `start` makes, and the process that it started for it. */
export async function withItsProcess<T>(start: () => Promise<T>): Promise<[T, number]> {
  const before = await children();
  const made = await start();
  const [child] = (await children()).filter((pid) => isAlive(pid) && !before.includes(pid));
  if (child === undefined) throw new Error('no process was started');
  return [made, child];
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Collects garbage at once. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}
