import { debianProgram } from './debianProgram.js';

/** The folder in which the program redis-cli is, to be put on the PATH. */
export function redisCliFolder(): Promise<string> {
  return debianProgram('redis-cli', ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1']);
}
