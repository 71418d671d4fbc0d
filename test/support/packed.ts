import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packedFile } from '../../src/data/npmPackage.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What npm sets for a script of this package must not reach the npm of another. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name)),
);

/** Some two hundred packages are unpacked. */
export const INSTALL_MS = 900_000;

/** An empty folder outside of the repository, where packages are installed as `npm pack` makes them. */
export interface EmptyProject {
  readonly folder: string;
  /** The environment of programs in it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Runs a program in it, and gives what it printed. */
  run(program: string, ...args: string[]): Promise<string>;
  /** Packs the package in a folder of the repository, which is built, and installs it with Node and npm alone. */
  install(path: string): Promise<void>;
}

export function emptyProject(): EmptyProject {
  const folder = join(mkdtempSync(join(tmpdir(), 'lethe-packed-')), 'empty');
  mkdirSync(folder);
  const run = async (program: string, ...args: string[]): Promise<string> =>
    (await promisify(execFile)(program, args, { cwd: folder, env: environment })).stdout;
  return {
    folder,
    environment,
    run,
    async install(path) {
      const pack = ['pack', join(ROOT, path), '--json', '--ignore-scripts', '--pack-destination', folder];
      const filename = packedFile(await run('npm', ...pack));
      // As docs/quickstart.md says: no package needs its install script, and some of them download what not everyone can reach.
      await run('npm', 'install', '--ignore-scripts', '--prefer-offline', join(folder, filename));
    },
  };
}
