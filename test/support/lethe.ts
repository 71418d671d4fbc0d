import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { onTestFailed } from 'vitest';
import { LETHE, type Variables } from './letheProcess.js';

/** What a command of `lethe` wrote, and its exit code. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `lethe` in a process of its own to its end.
 * @param node that runs it, by default the one that runs the tests
 */
export async function lethe(
  args: readonly string[],
  variables: Variables,
  node = process.execPath,
): Promise<Ran> {
  const child = spawn(node, [LETHE, ...args], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const ran = { code: await ended, stdout, stderr };
  if (ran.code !== 0) tellIfTestFails(args, ran);
  return ran;
}

/** What a command said when it failed: the difference that vitest shows leaves it out. */
function tellIfTestFails(args: readonly string[], { code, stderr }: Ran): void {
  try {
    onTestFailed(() => console.log(`lethe ${args.join(' ')} ended with ${code}:\n${stderr}`));
  } catch {
    // Outside of a test, as in `beforeAll`: the hook's own failure tells.
  }
}
