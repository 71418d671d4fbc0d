import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../scripts/services/commands.js';
import { freePort } from '../../scripts/services/ports.js';
import { endGroup } from '../support/documentShell.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLONE = ['package.json', 'node_modules', 'dist', 'config', 'assets'];

describe('npx lethe run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-npx-'));
  let npx: ChildProcess | undefined;

  beforeAll(async () => {
    await execute(process.execPath, [join(ROOT, 'scripts/setup.mjs')]);
    for (const name of CLONE) await symlink(join(ROOT, name), join(folder, name));
  });
  afterAll(() => endGroup(npx));

  it('drains and ends when npx is killed, as docs/quickstart-kafka.md does', async () => {
    const port = await freePort();
    const log = join(folder, 'run.log');
    // The shell replaces itself by npx, so that its process is the one that a job's number names.
    npx = spawn('sh', ['-c', `exec npx lethe run --port ${port} > ${log} 2>&1`], {
      cwd: folder,
      env: { ...process.env, LETHE_MODEL__BACKEND: 'wasm', LETHE_MODEL__CHECKPOINTS: join(folder, 'models') },
      detached: true,
      stdio: 'ignore',
    });
    const answers = (): Promise<boolean> =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(answers, { interval: 200 }).toBe(true);
    npx.kill('SIGTERM');
    await expect.poll(answers, { interval: 200 }).toBe(false);
    await expect.poll(() => readFile(log, 'utf8')).toMatch(/"draining".*"ended"/s);
  });
});
