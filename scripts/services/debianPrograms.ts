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
  /** What is to be had: names in /usr/bin. */
  readonly programs: readonly string[];
}

/**
 * The folder in which the programs are, to be put on the PATH. Where they are not installed, Debian's packages are
 * fetched and unpacked in the cache, which needs no rights.
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
    const download = () => execute('apt-get', ['download', '--quiet', ...wanted.packages], packages);
    // Without lists of packages it knows none: they are fetched where that is allowed.
    await download().catch(async () => {
      await execute('apt-get', ['update', '--quiet']);
      await download();
    });
    for (const file of await readdir(packages))
      await execute('dpkg-deb', ['--extract', join(packages, file), into]);
    await rm(packages, { recursive: true });
    for (const name of wanted.programs) {
      await writeFile(join(into, name), wrapperOf(name));
      await chmod(join(into, name), 0o755);
    }
  });
}

/** Starts the program with the libraries that were unpacked with it. */
const wrapperOf = (program: string): string => `#!/bin/sh
here=$(dirname "$0")
for libraries in "$here"/usr/lib/*-linux-gnu*; do LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; done
export LD_LIBRARY_PATH
exec "$here/usr/bin/${program}" "$@"
`;
