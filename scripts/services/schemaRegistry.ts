import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { execute, type Say, sha256Of } from './commands.js';
import { dependencyPlugin, java, javaObstacle } from './java.js';
import { freePort } from './ports.js';
import { launch, type ProcessHandle } from './processHandle.js';

/** The last line of Apicurio Registry that runs on Java 17. */
const VERSION = '2.6.13.Final';
const ARCHIVE = `apicurio-registry-app-${VERSION}-all.tar.gz`;
const SHA256 = '3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba';

/** A schema registry that runs on 127.0.0.1 and keeps its schemas in memory. */
export interface SchemaRegistryService extends ProcessHandle {
  /** Root of the REST API that is compatible with Confluent's. */
  readonly url: string;
}

/** The folder of Apicurio Registry in the cache; it is fetched by Maven (142 MB) where it is missing. */
export function provisionSchemaRegistry(say: Say = () => {}): Promise<string> {
  const folder = join(cacheFolder(), `apicurio-registry-${VERSION}`);
  return wholeFolder(folder, async (into) => {
    const why = await javaObstacle(folder, 'Apicurio Registry');
    if (why) throw new Error(why);
    say(`fetching Apicurio Registry ${VERSION}, 142 MB (mvn)`);
    const artifact = `io.apicurio:apicurio-registry-app:${VERSION}:tar.gz:all`;
    await dependencyPlugin('copy', { artifact, outputDirectory: into });
    const archive = join(into, ARCHIVE);
    const sha256 = await sha256Of(archive);
    if (sha256 !== SHA256) {
      throw new Error(
        `the SHA-256 of ${ARCHIVE} is ${sha256}, not ${SHA256}: not the file that was reviewed`,
      );
    }
    await execute('tar', ['xzf', archive, '-C', into]);
    await rm(archive);
  });
}

/**
 * Starts Apicurio Registry on 127.0.0.1 and waits until it is ready.
 * @param options.port a free one by default
 * @throws where it can't be had here, or does not start: the error carries the end of its log
 */
export async function startSchemaRegistry(options: {
  readonly folder: string;
  readonly port?: number;
}): Promise<SchemaRegistryService> {
  const program = await provisionSchemaRegistry();
  await mkdir(options.folder, { recursive: true });
  const port = options.port ?? (await freePort());
  const handle = await launch({
    name: 'Apicurio Registry',
    program: java(),
    args: [
      ...['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'],
      ...['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`],
      ...['-jar', join(program, `apicurio-registry-app-${VERSION}-runner.jar`)],
    ],
    logFile: join(options.folder, 'schema-registry.log'),
    readyLine: 'Listening on: http',
    port,
    outlives: false,
  });
  return Object.assign(handle, { url: `http://127.0.0.1:${port}/apis/ccompat/v7` });
}
