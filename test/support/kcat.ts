import { debianProgram } from '../../scripts/services/debian.js';

/** The folder in which the program kcat is, to be put on the PATH; it is unpacked in the cache where it is not installed. */
export function kcatFolder(): Promise<string> {
  return debianProgram({
    name: 'kcat',
    command: 'kcat',
    path: 'usr/bin/kcat',
    // What else it needs, every Debian has.
    packages: ['kcat', 'librdkafka1', 'libyajl2', 'libsasl2-2'],
  });
}
