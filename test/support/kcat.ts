import { debianProgram } from './debianProgram.js';

/** The folder in which the program kcat is, to be put on the PATH. */
export function kcatFolder(): Promise<string> {
  return debianProgram('kcat', ['kcat', 'librdkafka1', 'libyajl2', 'libsasl2-2']);
}
