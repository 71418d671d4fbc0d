import { Command, Option } from 'commander';
import { loadConfig } from '../app/config/loadConfig.js';
import { secretsOf } from '../app/config/secrets.js';
import { refuseOpenDoors } from '../app/guardedDoors.js';
import { ROLES, type Role } from '../streams/processor.js';
import { createLogger } from '../telemetry/logger.js';
import { withOutput } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface RunOptions {
  readonly config?: string;
  readonly port?: string;
  readonly role?: Role;
  readonly json?: true;
}

/** `lethe run`: the processor, until it is told to end. */
export function runCommand(io: CliIo): Command {
  return withOutput(new Command('run'))
    .description('start Lethe in this process and keep it running; SIGTERM and SIGINT drain it')
    .option('--config <file>', 'configuration file')
    .option('--port <number>', 'port of the gateway, 0 for a free one; over http.port of the configuration')
    .addOption(
      new Option('--role <role>', 'what this worker does; over worker.role of the configuration').choices(
        ROLES,
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ lethe run
  $ LETHE_TRANSPORT__KIND=kafka LETHE_STORES__KIND=redis lethe run --role infer   one of several workers
  $ lethe run --config my.yaml --port 0
  $ LETHE_INFERENCE__GUARD=false lethe run      answer as the paper does
  $ curl --data-binary @cat.png -H 'content-type: image/png' http://127.0.0.1:7070/v1/queries
  $ curl -N http://127.0.0.1:7070/v1/predictions`,
    )
    .action((options: RunOptions) => run(options, io));
}

async function run({ config: file, port, role, json }: RunOptions, io: CliIo): Promise<void> {
  const overrides = {
    ...(port !== undefined && { http: { port: Number(port) } }),
    ...(role !== undefined && { worker: { role } }),
  };
  const { config, sources } = loadConfig({ file, variables: io.variables, overrides });
  if (config.http.enabled) refuseOpenDoors(config.http);
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
  const ending = endOf(process);
  logger.info({ sources }, 'starting');
  const lethe = await startLethe(config, { logger });
  const server = config.http.enabled
    ? await serveHttp(lethe).catch(async (error: unknown) => {
        await lethe.close();
        throw error;
      })
    : undefined;
  try {
    const url = server?.url ?? null;
    const page = url !== null && config.console.enabled ? `${url}/console/` : null;
    const listens = url === null ? 'Lethe runs, without a gateway' : `Lethe listens at ${url}`;
    const ready = { url, console: page, model: config.model.name };
    writeResult(io, json, ready, page === null ? listens : `${listens}\nConsole: ${page}`);
    const signal = await Promise.race([ending.asked, lethe.finished]);
    logger.info({ signal }, 'draining');
    await Promise.race([lethe.drain(), ending.insisted]);
  } finally {
    ending.forget();
    await server?.close();
    await lethe.close();
  }
  logger.info('ended');
}

/** Resolves `asked` at the first signal to end, and `insisted` at the second. */
function endOf(source: NodeJS.Process) {
  const listeners: ((signal: string) => void)[] = [];
  const next = (): Promise<string> => new Promise((resolve) => listeners.push(resolve));
  const [asked, insisted] = [next(), next()];
  const heard = (signal: string): void => listeners.shift()?.(signal);
  source.on('SIGTERM', heard).on('SIGINT', heard);
  return {
    asked,
    insisted,
    forget: () => {
      source.off('SIGTERM', heard).off('SIGINT', heard);
    },
  };
}
