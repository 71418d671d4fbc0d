import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Logger } from 'pino';
import { unknownVariables } from '../app/config/environment.js';
import { configFields } from '../app/config/fields.js';
import { loadConfig } from '../app/config/loadConfig.js';
import type { LetheConfig } from '../app/config/schema.js';
import { secretsOf } from '../app/config/secrets.js';
import { ROLES, type Role } from '../streams/roles.js';
import { createLogger } from '../telemetry/logger.js';
import { withOutput } from './connection.js';
import { type Fault, faultFields } from './faults.js';
import { type CliIo, writeResult } from './io.js';
import { onVanishedParent } from './vanishedParent.js';

/** How long a process that has failed may take to drain. */
const LAST_MS = 10_000;

/** How a worker is run. */
export interface RunOptions {
  readonly config?: string;
  readonly port?: string;
  readonly role?: Role;
  readonly memory?: true;
  /** Folder for models with `memory`; by default a subfolder of `model.checkpoints`. */
  readonly modelFolder?: string;
  readonly json?: true;
}

const IN_MEMORY = { stores: { kind: 'memory' }, transport: { kind: 'memory' } } as const;

/** `lethe run`: the processor, until it is told to end. */
export function runCommand(io: CliIo): Command {
  return withOutput(new Command('run'))
    .description('run a worker until SIGTERM or SIGINT, which drain it')
    .option('--config <file>', 'configuration file')
    .option('--port <number>', 'port of the gateway, 0 for a free one; overrides http.port')
    .addOption(new Option('--role <role>', 'role of this worker; overrides worker.role').choices(ROLES))
    .option('--memory', 'keep nothing: what is learned and written vanishes with the process')
    .addHelpText(
      'after',
      `
Examples:
  $ lethe run                                     keeps what it learns in .lethe (disk.folder)
  $ lethe run --memory
  $ LETHE_TRANSPORT__KIND=kafka LETHE_STORES__KIND=redis lethe run --role infer   one of several workers
  $ lethe run --config my.yaml --port 0
  $ LETHE_INFERENCE__GUARD=false lethe run      answer as the paper does
  $ curl --data-binary @cat.png -H 'content-type: image/png' http://127.0.0.1:7070/v1/queries
  $ curl -N http://127.0.0.1:7070/v1/predictions`,
    )
    .action((options: RunOptions) => runWorker(options, io));
}

/**
 * Runs a worker until it is told to end.
 * @param listening called when the gateway listens; where it fails, so does the worker
 * @throws LetheError what it failed with
 */
export async function runWorker(
  { config: file, port, role, memory, modelFolder, json }: RunOptions,
  io: CliIo,
  listening: (at: {
    readonly url: string | null;
    readonly console: string | null;
  }) => Promise<void> = async () => undefined,
): Promise<void> {
  const overrides = {
    ...(port !== undefined && { http: { port: Number(port) } }),
    ...(role !== undefined && { worker: { role } }),
    ...(memory && IN_MEMORY),
  };
  const { config: found, sources } = loadConfig({ file, variables: io.variables, overrides });
  const config = memory ? apart(found, modelFolder) : found;
  if (config.http.enabled) (await import('../app/guardedDoors.js')).refuseOpenDoors(config.http);
  const logger = createLogger({
    level: config.log.level,
    format: json ? 'json' : config.log.format,
    secrets: secretsOf(config),
    destination: io.stderr,
  });
  // TensorFlow, ONNX Runtime and libvips are loaded by this command alone: the others answer at once.
  const [{ startLethe }, { serveHttp }] = await Promise.all([
    import('../app/compose.js'),
    import('../app/httpServer.js'),
  ]);
  const ending = endOf(process, io.variables);
  const release = io.faults?.takenBy(outlive(logger, ending.fail));
  logger.info({ sources }, 'starting');
  for (const unknown of unknownVariables(io.variables, configFields()))
    logger.warn(unknown, 'the variable sets nothing');
  const lethe = await startLethe(config, { logger });
  const server = config.http.enabled
    ? await serveHttp(lethe, logger).catch(async (error: unknown) => {
        await lethe.close();
        throw error;
      })
    : undefined;
  try {
    const url = server?.url ?? null;
    const page = url !== null && config.console.enabled ? `${url}/console/` : null;
    const listens = url === null ? 'Lethe is running without a gateway' : `Lethe is listening at ${url}`;
    const ready = { url, console: page, model: config.model.name };
    writeResult(io, json, ready, page === null ? listens : [listens, `Console: ${page}`]);
    listening({ url, console: page }).catch(ending.fail);
    const signal = await Promise.race([ending.asked, lethe.finished]);
    logger.info({ signal }, 'draining');
    await Promise.race([lethe.drain(), ending.insisted]);
    ending.refuseFailed();
  } finally {
    release?.();
    ending.forget();
    await server?.close();
    await lethe.close();
  }
  logger.info('ended');
}

/** Its models do not mix with those that are kept: the next such process removes them. */
function apart(config: LetheConfig, checkpoints = join(config.model.checkpoints, 'memory')): LetheConfig {
  return { ...config, model: { ...config.model, checkpoints } };
}

/**
 * What a worker does at a fault. It goes on where only the reader of its output went away, and where a promise failed that
 * nothing waited for: what matters is awaited by its topology. After an exception in the middle of something, what is in
 * memory can't be trusted: it ends; what was not settled is read again by the next one.
 */
function outlive(logger: Logger, fail: (error: unknown) => void): (fault: Fault) => void {
  return (fault) => {
    switch (fault.kind) {
      case 'stderr':
        return;
      case 'stdout':
        return logger.warn(faultFields(fault), 'continues without standard output');
      case 'unhandledRejection':
        return logger.error(faultFields(fault), 'continues after an unhandled rejection');
      case 'uncaughtException':
        logger.fatal(faultFields(fault), 'ends because of an uncaught exception');
        fail(fault.error);
    }
  };
}

/** Resolves `asked` at the first signal to end, and `insisted` at the second. */
function endOf(source: NodeJS.Process, variables: CliIo['variables']) {
  const listeners: ((signal: string) => void)[] = [];
  const next = (): Promise<string> => new Promise((resolve) => listeners.push(resolve));
  const [asked, insisted] = [next(), next()];
  let failure: { readonly error: unknown } | undefined;
  const heard = (signal: string): void => listeners.shift()?.(signal);
  const stopLooking = onVanishedParent(variables, () => heard('parent gone'));
  source.on('SIGTERM', heard).on('SIGINT', heard);
  return {
    asked,
    insisted,
    /** Ends after a failure, soon also where draining hangs. */
    fail: (error: unknown): void => {
      if (failure === undefined) setTimeout(() => source.exit(1), LAST_MS).unref();
      failure ??= { error };
      heard('failure');
    },
    /** @throws what it failed with */
    refuseFailed: (): void => {
      if (failure !== undefined) throw failure.error;
    },
    forget: () => {
      stopLooking();
      source.off('SIGTERM', heard).off('SIGINT', heard);
    },
  };
}
