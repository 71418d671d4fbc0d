import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LETHE, type LetheProcess, startLetheProcess } from '../support/letheProcess.js';

const run = promisify(execFile);
const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
const session = readme.match(/^```console\n(.*?)^```$/ms)?.[1] ?? '';
/** The commands of the session, each with the output that follows it. */
const steps = session
  .split(/^\$ /m)
  .slice(1)
  .map((step) => step.split(/\n(.*)/s))
  .map(([command = '', output = '']) => ({ command, output }));

/** The output without what differs between runs: times, probabilities and the version of the model. */
function lasting(output: string): string {
  return output
    .replaceAll(/\d+\.\d+/g, 'N')
    .replaceAll(/(model v\d+-)[0-9a-f]+/g, '$1…')
    .trimEnd();
}

describe('README.md: learn, ask, unlearn, ask again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-readme-'));
  let child: ChildProcess | undefined;
  let lethe: LetheProcess;

  beforeAll(async () => {
    const variables = {
      LETHE_DISK__FOLDER: folder,
      LETHE_MODEL__CHECKPOINTS: join(folder, 'models'),
      LETHE_MODEL__BACKEND: 'wasm',
    };
    lethe = await startLetheProcess([], variables, (started) => {
      child = started;
    });
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('learns, asks, unlearns and asks again', () => {
    const kinds = steps.map(({ command }) => command.split(' ')[2]);
    expect(kinds).toEqual(['dataset', 'learn', 'produce', 'unlearn', 'produce', 'relearn', 'produce']);
  });

  it.each(steps)('prints what is shown: $command', async ({ command, output }) => {
    const [npx, name, ...args] = command.split(' ');
    expect([npx, name]).toEqual(['npx', 'lethe']);
    const { stdout } = await run(process.execPath, [LETHE, ...args], {
      cwd: folder,
      env: { ...process.env, LETHE_URL: lethe.url },
    });
    expect(lasting(stdout)).toBe(lasting(output));
  });
});
