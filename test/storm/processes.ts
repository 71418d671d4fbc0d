import { setTimeout as sleep } from 'node:timers/promises';
import { attempt, execute } from '../../scripts/services/commands.js';
import type { Supervised } from '../support/supervised.js';

/** How long a training, or a snapshot, may take to begin. */
const BEGINS_WITHIN_MS = 20_000;
/** Bytes: no weights fit. */
const NO_ROOM = 100;

/** The process of the worker as it is now. */
async function pidOf(worker: Supervised): Promise<number> {
  const { pid } = (await worker.listening()).child;
  if (pid === undefined) throw new Error('the worker has no process');
  return pid;
}

/** Processes that a process has started and that run, by what is among their arguments. */
async function childrenOf(pid: number, mark = ''): Promise<number[]> {
  const lines = await attempt('ps', ['-ww', '-o', 'pid=,args=', '--ppid', String(pid)]);
  return (lines ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '' && line.includes(mark))
    .map((line) => Number.parseInt(line, 10));
}

/** The first that begins in time. */
async function begun(pid: number, mark?: string): Promise<number | undefined> {
  for (const until = Date.now() + BEGINS_WITHIN_MS; Date.now() < until; await sleep(20)) {
    const [first] = await childrenOf(pid, mark);
    if (first !== undefined) return first;
  }
  return undefined;
}

const TRAINING = 'training/worker';

/** Kills the process in which a model is being made, as a system without memory does; waits for one. */
export async function killTraining(learner: Supervised): Promise<void> {
  const training = await begun(await pidOf(learner), TRAINING);
  if (training !== undefined) killed(training);
}

/**
 * The learner can write no file of more than some bytes, as where its disk is full, until the returned function is called. Without
 * root: the limit is that of `ulimit -f`, and Node.js ignores the signal that comes with it.
 */
export async function fillDisk(learner: Supervised): Promise<() => Promise<void>> {
  const pid = await pidOf(learner);
  const limit = async (bytes: number | 'unlimited'): Promise<void> => {
    for (const each of [pid, ...(await childrenOf(pid))])
      await attempt('prlimit', ['--pid', String(each), `--fsize=${bytes}:`]);
  };
  await execute('prlimit', ['--pid', String(pid), `--fsize=${NO_ROOM}:`]);
  await limit(NO_ROOM);
  return () => limit('unlimited');
}

/** Kills the process that saves a snapshot of Redis, so that the saving has failed. */
export async function failSaving(
  redisPid: number,
  redis: (...command: string[]) => Promise<unknown>,
): Promise<void> {
  // Slow enough to be struck.
  await redis('CONFIG', 'SET', 'rdb-key-save-delay', '100000');
  await redis('BGSAVE', 'SCHEDULE');
  const saving = await begun(redisPid);
  await redis('CONFIG', 'SET', 'rdb-key-save-delay', '0');
  if (saving === undefined) throw new Error('Redis saves no snapshot');
  killed(saving);
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was done before.
  }
}
