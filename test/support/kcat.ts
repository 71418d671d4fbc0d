import { debianPrograms } from '../../scripts/services/debianPrograms.js';

/** The folder in which the program kcat is, with the libraries of its own, to be put on the PATH. */
export function kcatFolder(): Promise<string> {
  const packages = ['kcat', 'librdkafka1', 'libyajl2', 'libsasl2-2'];
  return debianPrograms({ name: 'kcat', packages, programs: ['kcat'] });
}
