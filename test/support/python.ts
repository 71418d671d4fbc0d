import { join } from 'node:path';
import { attempt, execute } from '../../scripts/services/commands.js';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';

/** Confluent's client, with its serialisers for JSON Schema. */
const CONFLUENT_KAFKA = 'confluent-kafka[json,schemaregistry]==2.16.1';

/** Of `python3`, as `3.11`. */
export async function pythonVersion(): Promise<string> {
  const version = await attempt('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  if (version === undefined) throw new Error('python3 is not installed (apt install python3 python3-pip)');
  return version.trim();
}

/** A folder of the cache with a Python package and what it needs; pip fetches it where it is missing. */
export async function pythonPackages(requirement: string): Promise<string> {
  const name = requirement.replace(/[^\w.]+/g, '-');
  return wholeFolder(join(cacheFolder(), `${name}-python${await pythonVersion()}`), async (into) => {
    const quietly = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    await execute('python3', ['-m', 'pip', 'install', ...quietly, '--target', into, requirement]);
  });
}

/** Variables under which `python3` finds the libraries that examples and tests use (47 MB). */
export async function pythonVariables(): Promise<{ readonly PYTHONPATH: string }> {
  return { PYTHONPATH: await pythonPackages(CONFLUENT_KAFKA) };
}
