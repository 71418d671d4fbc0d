import { type Command, InvalidArgumentError } from 'commander';
import { createGatewayClient, type GatewayClient } from '../adapters/http/client.js';
import { loadConfig } from '../app/config/loadConfig.js';
import { actor } from './actor.js';
import type { CliIo } from './io.js';

/** Options of commands that talk to a running Lethe. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly config?: string;
  readonly json?: true;
  /** For how long silence is borne, in seconds. */
  readonly timeout: number;
}

/** Timeout of commands that wait for no training. */
const SHORT_SECONDS = 60;
/** Timeout of commands that wait for samples and trainings: the time without any progress. */
export const LONG_SECONDS = 600;
/** A week: the longest time for timers. */
const LONGEST_SECONDS = 604_800;

export function withConnection(command: Command, seconds = SHORT_SECONDS): Command {
  return withOutput(command)
    .option(
      '--url <address>',
      'address of the gateway; the default is http.host and http.port of the settings',
    )
    .option('--config <file>', 'configuration file')
    .option(
      '--timeout <seconds>',
      'give up after this time without news; Lethe still carries out what was sent',
      secondsOf,
      seconds,
    );
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= LONGEST_SECONDS) return seconds;
  throw new InvalidArgumentError(`Give a number of seconds, more than 0 and at most ${LONGEST_SECONDS}.`);
}

export function withOutput(command: Command): Command {
  return command.option('--json', 'print JSON');
}

/** A client of the Lethe that options, `LETHE_URL` or the configuration name. The token is the configuration's. */
export function connect({ url, config: file, timeout }: ConnectionOptions, io: CliIo): GatewayClient {
  const { variables } = io;
  const { http } = loadConfig({ file, variables }).config;
  const address = url ?? variables.LETHE_URL ?? `http://${http.host}:${http.port}`;
  return createGatewayClient({
    url: address,
    token: http.token,
    actor: actor(io),
    timeoutMs: timeout * 1000,
  });
}
