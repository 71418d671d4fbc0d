import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { attempt, execute } from './commands.js';

/** A program that Debian packages. */
export interface DebianProgram {
  /** Of the folder in the cache. */
  readonly name: string;
  /** What is looked for on the PATH, and started. */
  readonly command: string;
  /** Where the packages put it, from the root of the file system. */
  readonly path: string;
  /** Packages to be unpacked; without `missing`, these and no others. */
  readonly packages: readonly string[];
  /** Whether packages that those depend on, and that this machine has not, are unpacked too. */
  readonly missing?: boolean;
}

/**
 * The folder in which a program is, to be put on the PATH. Where it is not installed, Debian's packages are fetched and
 * unpacked in the cache, which needs no rights; apt verifies them by the signatures of Debian's lists.
 * @throws where it is not installed and this is no Debian
 */
export async function debianProgram(program: DebianProgram): Promise<string> {
  const installed = (await attempt('sh', ['-c', `command -v ${program.command}`]))?.trim();
  if (installed) return join(installed, '..');
  return wholeFolder(join(cacheFolder(), program.name), async (into) => {
    const packages = join(into, 'packages');
    await mkdir(packages);
    const download = async () =>
      execute('apt-get', ['download', '--quiet', ...(await wanted(program))], packages);
    // Without lists of packages, or with old ones, it finds none: they are fetched where that is allowed.
    await download().catch(async () => {
      await execute('apt-get', ['update', '--quiet']);
      await download();
    });
    for (const file of await readdir(packages))
      await execute('dpkg-deb', ['--extract', join(packages, file), into]);
    await rm(packages, { recursive: true });
    await writeFile(join(into, program.command), wrapper(program.path));
    await chmod(join(into, program.command), 0o755);
  });
}

async function wanted({ packages, missing }: DebianProgram): Promise<readonly string[]> {
  if (!missing) return packages;
  const plan = ['install', '--simulate', '--no-install-recommends', '-o', 'Debug::NoLocking=1', ...packages];
  const lines = (await execute('apt-get', plan)).split('\n');
  return lines.flatMap((line) => /^Inst (\S+)/.exec(line)?.[1] ?? []);
}

const wrapper = (path: string): string => `#!/bin/sh
here=$(dirname "$0")
for libraries in "$here"/usr/lib/*-linux-gnu* "$here"/usr/lib/*-linux-gnu*/*/; do LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; done
# Fonts that were unpacked too are looked for there.
XDG_DATA_HOME=$here/usr/share
export LD_LIBRARY_PATH XDG_DATA_HOME
exec "$here/${path}" "$@"
`;
