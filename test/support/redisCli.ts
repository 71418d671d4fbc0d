import { debianPrograms } from '../../scripts/services/debianPrograms.js';

/** The folder in which the program redis-cli is, to be put on the PATH. */
export function redisCliFolder(): Promise<string> {
  const packages = ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'];
  return debianPrograms({ name: 'redis-cli', packages, programs: ['redis-cli'] });
}
