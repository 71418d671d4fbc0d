import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { WorkerNews, WorkerOrder } from './kafkaWorker.js';

/** A worker in a process of its own. */
export interface Worker {
  /** Values of the records it began with. */
  readonly started: readonly string[];
  /** Values of the records that it was told it had lost. */
  readonly lost: readonly string[];
  /** Resolves when it has begun with so many records. */
  hasStarted(count: number): Promise<void>;
  /** Ends it without a word to the group. */
  kill(): void;
  /** Stops it in the middle of what it does; it neither knows nor says so. */
  stall(): void;
  wake(): void;
}

const SCRIPT = fileURLToPath(new URL('./kafkaWorker.ts', import.meta.url));

export function startWorker(order: WorkerOrder): Worker {
  const child = spawn(process.execPath, ['--import', 'tsx', SCRIPT, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const started: string[] = [];
  const lost: string[] = [];
  let waiting: { count: number; done: () => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const news = JSON.parse(line) as WorkerNews;
    if (news.started !== undefined) started.push(news.started);
    if (news.lost !== undefined) lost.push(news.lost);
    waiting = waiting.filter(({ count, done }) => {
      if (started.length >= count) done();
      return started.length < count;
    });
  });
  return {
    started,
    lost,
    hasStarted: (count) =>
      new Promise((done) => {
        if (started.length >= count) done();
        else waiting.push({ count, done });
      }),
    kill: () => child.kill('SIGKILL'),
    stall: () => child.kill('SIGSTOP'),
    wake: () => child.kill('SIGCONT'),
  };
}
