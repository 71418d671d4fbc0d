import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { attempt, execute } from '../../scripts/services/commands.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';

/** kcat and the libraries of its own; what else it needs, every Debian has. */
const PACKAGES = ['kcat', 'librdkafka1', 'libyajl2', 'libsasl2-2'];

/**
 * The folder in which the program kcat is, to be put on the PATH. Where it is not installed, Debian's packages are
 * fetched and unpacked in the cache, which needs no rights.
 * @throws where it is not installed and this is no Debian
 */
export async function kcatFolder(): Promise<string> {
  const installed = (await attempt('sh', ['-c', 'command -v kcat']))?.trim();
  if (installed) return join(installed, '..');
  const folder = await wholeFolder(join(cacheFolder(), 'kcat'), async (into) => {
    const packages = join(into, 'packages');
    await mkdir(packages);
    const download = () => execute('apt-get', ['download', '--quiet', ...PACKAGES], packages);
    // Without lists of packages it knows none: they are fetched where that is allowed.
    await download().catch(async () => {
      await execute('apt-get', ['update', '--quiet']);
      await download();
    });
    for (const file of await readdir(packages))
      await execute('dpkg-deb', ['--extract', join(packages, file), into]);
    await writeFile(join(into, 'kcat'), WRAPPER);
    await chmod(join(into, 'kcat'), 0o755);
  });
  return folder;
}

const WRAPPER = `#!/bin/sh
here=$(dirname "$0")
for libraries in "$here"/usr/lib/*-linux-gnu*; do LD_LIBRARY_PATH=$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}; done
export LD_LIBRARY_PATH
exec "$here/usr/bin/kcat" "$@"
`;
