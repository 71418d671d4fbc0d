import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { lethe } from '../support/lethe.js';
import { LETHE } from '../support/letheProcess.js';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** `lethe try` in an empty folder, with the lines that it prints. */
function tryOut(...args: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-try-here-'));
  const child = spawn(process.execPath, [LETHE, 'try', '--port', '0', '--json', ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const notes: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => notes.push(line));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    child,
    folder,
    notes,
    ended,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
  };
}

const listening = z.object({ url: z.url(), console: z.url() });
const finished = z.object({
  kind: z.literal('task-finished'),
  classes: z.array(z.string()),
  stored: z.int(),
});
const next = async <T>(lines: AsyncIterator<string>, schema: z.ZodType<T>): Promise<T> =>
  schema.parse(JSON.parse((await lines.next()).value ?? 'null'));

it('lethe try learns the bundled images, answers about others, and keeps nothing', async () => {
  const { child, folder, notes, ended, lines } = tryOut();
  const { url } = await next(lines, listening);
  const { classes, stored } = await next(lines, finished);
  expect([classes.length, stored]).toEqual([10, 300]);
  const images = /Images to ask about, while this runs: (.*)$/.exec(
    notes.find((note) => note.includes('ask about')) ?? '',
  );
  const test = images?.[1] ?? '';
  const evaluated = await lethe(['evaluate', test, '--url', url, '--json'], {});
  expect(evaluated.code).toBe(0);
  const { remaining } = z
    .object({ remaining: z.object({ part: z.int(), of: z.int() }) })
    .parse(JSON.parse(evaluated.stdout));
  expect(remaining.of).toBe(100);
  // Chance is 10.
  expect(remaining.part).toBeGreaterThan(60);
  child.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(existsSync(test)).toBe(false);
  expect(existsSync(dirname(test))).toBe(false);
  expect(readdirSync(folder)).toEqual([]);
});

it('lethe try ends where the folder is none to learn from, and says why', async () => {
  const { notes, ended, folder } = tryOut(join(tmpdir(), 'no-such-folder-anywhere'));
  expect(await ended).not.toBe(0);
  expect(notes.join('\n')).toContain('no-such-folder-anywhere');
  expect(folder).toBeTruthy();
});
