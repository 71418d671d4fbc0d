import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { attempt, execute, type Say } from './commands.js';

/** Programs that Debian has packages of. */
export interface DebianPrograms {
  /** Of the folder in the cache. */
  readonly name: string;
  /** The package, and those that it needs and not every Debian has. */
  readonly packages: readonly string[];
  /** Whether whatever else those depend on, and this machine has not, is unpacked too. */
  readonly missing?: boolean;
  /** What is to be had: names of programs. */
  readonly programs: readonly string[];
  /** Where the packages put them, from the root of the file system; by default `usr/bin`. */
  readonly within?: string;
}

/**
 * The folder in which the programs are, to be put on the PATH. Where they are not installed, Debian's packages are
 * fetched and unpacked in the cache, which needs no rights; apt verifies them by the signatures of Debian's lists.
 * @throws where they are not installed and this is no Debian
 */
export async function debianPrograms(wanted: DebianPrograms, say: Say = () => {}): Promise<string> {
  const places = await Promise.all(
    wanted.programs.map((name) => attempt('sh', ['-c', `command -v ${name}`])),
  );
  const [installed] = places;
  if (installed !== undefined && places.every((place) => place !== undefined))
    return join(installed.trim(), '..');
  return wholeFolder(join(cacheFolder(), wanted.name), async (into) => {
    say(`fetching ${wanted.packages.join(', ')} (apt-get)`);
    const packages = join(into, 'packages');
    await mkdir(packages);
    const download = async () =>
      execute('apt-get', ['download', '--quiet', ...(await allPackages(wanted))], packages);
    // Without lists of packages, or with old ones, it finds none: they are fetched where that is allowed.
    await download().catch(async () => {
      await execute('apt-get', ['update', '--quiet']);
      await download();
    });
    for (const file of await readdir(packages))
      await execute('dpkg-deb', ['--extract', join(packages, file), into]);
    await rm(packages, { recursive: true });
    for (const name of wanted.programs) {
      await writeFile(join(into, name), wrapperOf(`${wanted.within ?? 'usr/bin'}/${name}`));
      await chmod(join(into, name), 0o755);
    }
  });
}

async function allPackages({ packages, missing = false }: DebianPrograms): Promise<readonly string[]> {
  if (!missing) return packages;
  const plan = ['install', '--simulate', '--no-install-recommends', '-o', 'Debug::NoLocking=1', ...packages];
  const lines = (await execute('apt-get', plan)).split('\n');
  return lines.flatMap((line) => /^Inst (\S+)/.exec(line)?.[1] ?? []);
}

/** Starts the program with the libraries that were unpacked with it. */
const wrapperOf = (path: string): string => `#!/bin/sh
here=$(dirname "$0")
for libraries in "$here"/usr/lib/*-linux-gnu* "$here"/usr/lib/*-linux-gnu*/*/; do LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; done
# Fonts that were unpacked too are looked for there.
XDG_DATA_HOME=$here/usr/share
export LD_LIBRARY_PATH XDG_DATA_HOME
exec "$here/${path}" "$@"
`;
