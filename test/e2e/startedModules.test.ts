import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { LETHE } from '../support/letheProcess.js';

const folder = mkdtempSync(join(tmpdir(), 'lethe-modules-'));

/** Writes the address of each module that is loaded into the file that LOADED names. */
const NOTING = `import { appendFileSync } from 'node:fs';
export function load(url, context, next) {
  appendFileSync(process.env.LOADED, url + '\\n');
  return next(url, context);
}`;
const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
const REGISTERING = `import { register } from 'node:module'; register(${JSON.stringify(asModule(NOTING))});`;

/** What a command loads: packages by name, and how many modules of Lethe's own. */
async function loadedBy(command: string): Promise<{ readonly packages: string[]; readonly own: number }> {
  const file = join(folder, command.replaceAll(' ', '_'));
  await promisify(execFile)(
    process.execPath,
    ['--import', asModule(REGISTERING), LETHE, ...command.split(' ')],
    { env: { ...process.env, LOADED: file } },
  );
  const urls = readFileSync(file, 'utf8').trim().split('\n');
  const names = urls.flatMap((url) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? []);
  return {
    packages: [...new Set(names)].sort(),
    own: urls.filter((url) => url.startsWith('file:') && !url.includes('node_modules')).length,
  };
}

/** What takes a tenth of a second or more to load, or much memory. */
const HEAVY = /tensorflow|vega|umap|sharp|kafkajs|redis|onnxruntime|opentelemetry|prom-client|^tar$/;

describe('a command loads what it needs', () => {
  it('for the version, nothing but what reads the command line', async () => {
    const { packages, own } = await loadedBy('--version');
    expect(packages).toEqual(['commander']);
    expect(own).toBeLessThanOrEqual(15);
  });

  it.each(['--help', 'run --help', 'learn --help', 'status --help', 'experiment --help', 'verify --help'])(
    'for %s, nothing that works on images, models or services',
    async (command) => {
      const { packages } = await loadedBy(command);
      expect(packages).toContain('commander');
      expect(packages.filter((name) => HEAVY.test(name))).toEqual([]);
    },
  );

  it('to check a configuration, neither', async () => {
    expect((await loadedBy('config check')).packages.filter((name) => HEAVY.test(name))).toEqual([]);
  });
});
