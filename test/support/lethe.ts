import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { LETHE, type Variables } from './letheProcess.js';

/** What a command of `lethe` wrote, and its exit code. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `lethe` in a process of its own, from the sources, to its end. */
export async function lethe(args: readonly string[], variables: Variables): Promise<Ran> {
  const child = spawn(process.execPath, [...LETHE, ...args], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, stdout, stderr };
}
