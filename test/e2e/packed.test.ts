import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { execute } from '../../scripts/services/commands.js';
import { emptyProject, INSTALL_MS } from '../support/packed.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const manifestSchema = z.object({ version: z.string() });
const readySchema = z.object({ url: z.url() });
/** As `npm pack` makes it, in an empty folder outside of the repository, with Node and npm alone. */
describe('the package, installed', () => {
  const { folder, environment, run, install } = emptyProject();
  let worker: ChildProcess | undefined;
  const lethe = (...args: string[]): Promise<string> => run('npx', '--no-install', 'lethe', ...args);

  beforeAll(async () => {
    await execute(process.execPath, [join(ROOT, 'scripts/setup.mjs')]);
    await install('.');
  }, INSTALL_MS);
  afterAll(() => void worker?.kill('SIGKILL'));

  it('tells its version', async () => {
    const { version } = manifestSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    expect(await lethe('--version')).toBe(`${version}\n`);
  });

  it.each([['demo'], ['experiment', 'table1', '--seeds', '1'], ['dataset', 'fetch', 'cifar10']])(
    'says how to add the experiments, which have the command %s',
    async (...command) => {
      const failed = lethe(...command);
      await expect(failed).rejects.toMatchObject({ code: 1 });
      await expect(failed).rejects.toThrow(
        /\nerror backend-unavailable: the package lethe-experiments has .* Install .*: npm install lethe-experiments\..* The Docker image does not contain it.*: run the command in a clone\..*\n$/,
      );
      const [group = '', name = ''] = command;
      expect(await lethe('--help')).toMatch(new RegExp(`^ {2}${group}\\b`, 'm'));
      if (group === 'dataset')
        expect(await lethe(group, '--help')).toMatch(new RegExp(`^ {2}${name}\\b`, 'm'));
    },
  );

  it('learns, answers and forgets', async () => {
    worker = spawn(
      process.execPath,
      ['node_modules/lethe/dist/cli/main.js', 'run', '--port', '0', '--json'],
      {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const [line] = await once(createInterface({ input: worker.stdout ?? process.stdin }), 'line');
    const { url } = readySchema.parse(JSON.parse(String(line)));
    await lethe(
      'dataset',
      'unpack',
      'animals',
      '--train',
      '20',
      '--test',
      '5',
      '--classes',
      'cat',
      'dog',
      'frog',
    );
    expect(await lethe('learn', 'animals/train', '--task', 'animals', '--url', url)).toContain(
      'learned from',
    );
    expect(await lethe('produce', 'queries', 'animals/test', '--url', url)).toContain('(model)');
    expect(await lethe('unlearn', 'cat', '--url', url)).toContain('cat');
    expect(await lethe('status', '--url', url)).toMatch(/name: cat\n\s+state: (unlearned|rebuilt)/);
    expect(await lethe('produce', 'queries', 'animals/test', '--url', url)).not.toMatch(/ cat /);
  });

  it(
    'has the commands of the experiments once they are installed beside it',
    async () => {
      await install('packages/experiments');
      expect(await lethe('experiment', 'table1', '--help')).toContain('--seeds');
      expect(await lethe('demo', '--help')).toContain('--queries-per-second');
      expect(await lethe('dataset', 'fetch', '--help')).toContain('cifar10');
    },
    INSTALL_MS,
  );
});
