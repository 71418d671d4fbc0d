import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, execute } from '../../scripts/services/commands.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';

/**
 * The folder in which a program is, to be put on the PATH. Where it is not installed, Debian's packages are fetched and
 * unpacked in the cache, which needs no rights.
 * @param packages its own, and those of libraries that not every Debian has
 * @throws where it is not installed and this is no Debian
 */
export async function debianProgram(program: string, packages: readonly string[]): Promise<string> {
  const installed = (await attempt('sh', ['-c', 'command -v "$0"', program]))?.trim();
  if (installed) return join(installed, '..');
  return wholeFolder(join(cacheFolder(), program), async (into) => {
    const fetched = join(into, 'packages');
    await mkdir(fetched);
    const download = () => execute('apt-get', ['download', '--quiet', ...packages], fetched);
    // Without lists of packages it knows none: they are fetched where that is allowed.
    await download().catch(async () => {
      await execute('apt-get', ['update', '--quiet']);
      await download();
    });
    for (const file of await readdir(fetched))
      await execute('dpkg-deb', ['--extract', join(fetched, file), into]);
    await writeFile(join(into, program), WRAPPER);
    await chmod(join(into, program), 0o755);
  });
}

const WRAPPER = `#!/bin/sh
here=$(dirname "$0")
for libraries in "$here"/usr/lib/*-linux-gnu*; do LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; done
export LD_LIBRARY_PATH
exec "$here/usr/bin/$(basename "$0")" "$@"
`;
