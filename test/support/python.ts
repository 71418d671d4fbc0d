import { join } from 'node:path';
import { attempt, execute } from '../../scripts/services/commands.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';

/** Confluent's client, with its serialisers for JSON Schema. */
const LIBRARIES = ['confluent-kafka[json,schemaregistry]==2.16.1'];

/**
 * Variables under which `python3` finds the libraries that examples and tests use; pip fetches them (47 MB) into the
 * cache where they are missing.
 */
export async function pythonVariables(): Promise<{ readonly PYTHONPATH: string }> {
  const version = await attempt('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  if (version === undefined) throw new Error('python3 is not installed (apt install python3 python3-pip)');
  const folder = join(cacheFolder(), `confluent-kafka-2.16.1-python${version.trim()}`);
  const quietly = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
  await wholeFolder(folder, async (into) => {
    await execute('python3', ['-m', 'pip', 'install', ...quietly, '--target', into, ...LIBRARIES]);
  });
  return { PYTHONPATH: folder };
}
