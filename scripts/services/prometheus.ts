import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execute, type Say } from './commands.js';
import { debianPrograms } from './debianPrograms.js';
import { freePort } from './ports.js';
import { launch, type ProcessHandle } from './processHandle.js';

/** A Prometheus server that runs on 127.0.0.1. */
export interface PrometheusService extends ProcessHandle {
  readonly url: string;
}

/** The folder of `prometheus` and `promtool`; Debian's package (19 MB) is fetched where they are missing. */
export function provisionPrometheus(say?: Say): Promise<string> {
  const programs = ['prometheus', 'promtool'];
  return debianPrograms({ name: 'prometheus', packages: ['prometheus'], programs }, say);
}

/**
 * Runs `promtool`, e.g. `promtool(['check', 'rules', file])`.
 * @throws what it says where it ends with another code than 0
 */
export async function promtool(args: readonly string[]): Promise<string> {
  return execute(join(await provisionPrometheus(), 'promtool'), args);
}

/**
 * Starts Prometheus on a free port of 127.0.0.1 and waits until it is ready.
 * @param config its configuration file
 * @param folder holds its data and log
 * @throws where it can't be had here, or does not start: the error carries the end of its log
 */
export async function startPrometheus(config: string, folder: string): Promise<PrometheusService> {
  const programs = await provisionPrometheus();
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const handle = await launch({
    name: 'Prometheus',
    program: join(programs, 'prometheus'),
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    logFile: join(folder, 'prometheus.log'),
    readyLine: 'Server is ready to receive web requests',
    port,
    outlives: false,
  });
  return Object.assign(handle, { url: `http://127.0.0.1:${port}` });
}
