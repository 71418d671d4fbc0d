/**
 * Brings up a Kafka broker and a Redis Stack server without Docker, for work on one machine. Both stay up until `down`,
 * listen on 127.0.0.1 only and keep their data in `.lethe/services`.
 *
 *   npm run services:up       starts what does not run; fetches the programs the first time
 *   npm run services:status   says what runs, and where
 *   npm run services:down     stops both; their data stays
 *
 * Ports: `--kafka-port`, `--redis-port`, or LETHE_SERVICES_KAFKA_PORT and LETHE_SERVICES_REDIS_PORT.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError, Option } from 'commander';
import { bringDown, bringUp, type Daemon, describe } from './services/daemons.js';
import { startKafka } from './services/kafka.js';
import { kafkaObstacle, provisionKafka } from './services/kafkaJars.js';
import { provisionRedis, redisObstacle, startRedis } from './services/redis.js';

interface Flags {
  readonly folder: string;
  readonly kafkaPort: number;
  readonly redisPort: number;
}

const say = (line: string): void => console.log(line);

function daemons({ folder, kafkaPort, redisPort }: Flags): Daemon[] {
  const at = (name: string) => resolve(folder, name);
  return [
    {
      name: 'kafka',
      folder: at('kafka'),
      port: kafkaPort,
      obstacle: kafkaObstacle,
      provision: provisionKafka,
      start: () => startKafka({ folder: at('kafka'), port: kafkaPort, daemon: true }),
    },
    {
      name: 'redis',
      folder: at('redis'),
      port: redisPort,
      obstacle: redisObstacle,
      provision: provisionRedis,
      start: () => startRedis({ folder: at('redis'), port: redisPort, daemon: true }),
    },
  ];
}

/** Does it for both at once; what one can't do does not keep the other from it. */
async function forBoth(flags: Flags, act: (daemon: Daemon) => Promise<string>): Promise<void> {
  const line = async (daemon: Daemon): Promise<void> => {
    try {
      say(`${daemon.name}: ${await act(daemon)}`);
    } catch (error) {
      console.error(`${daemon.name}: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
    }
  };
  await Promise.all(daemons(flags).map(line));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw new InvalidArgumentError('A port is a whole number from 1 to 65535.');
}

function command(name: string, what: string, act: (daemon: Daemon) => Promise<string>): Command {
  const option = (flags: string, variable: string, about: string) => new Option(flags, about).env(variable);
  return new Command(name)
    .description(what)
    .addOption(
      option('--kafka-port <port>', 'LETHE_SERVICES_KAFKA_PORT', 'where Kafka listens')
        .default(9092)
        .argParser(portNumber),
    )
    .addOption(
      option('--redis-port <port>', 'LETHE_SERVICES_REDIS_PORT', 'where Redis listens')
        .default(6379)
        .argParser(portNumber),
    )
    .addOption(
      option('--folder <path>', 'LETHE_SERVICES_FOLDER', 'where their data is kept').default(
        fileURLToPath(new URL('../.lethe/services', import.meta.url)),
        '.lethe/services',
      ),
    )
    .action((flags: Flags) => forBoth(flags, act));
}

await new Command('services')
  .description('A Kafka broker and a Redis Stack server on this machine, without Docker.')
  .addCommand(command('up', 'starts what does not run', (daemon) => bringUp(daemon, say)))
  .addCommand(command('down', 'stops both and keeps their data', bringDown))
  .addCommand(command('status', 'says what runs, and where', describe))
  .parseAsync();
