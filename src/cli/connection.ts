import type { Command } from 'commander';
import { loadConfig } from '../app/config/loadConfig.js';
import { createGatewayClient, type GatewayClient } from '../streams/transports/http/client.js';
import { actor } from './actor.js';
import type { CliIo } from './io.js';

/** Options of commands that talk to a running Lethe. */
export interface ConnectionOptions {
  readonly url?: string;
  readonly config?: string;
  readonly json?: true;
}

export function withConnection(command: Command): Command {
  return withOutput(command)
    .option(
      '--url <address>',
      'gateway of the running Lethe; by default http.host and http.port of the config',
    )
    .option('--config <file>', 'configuration file');
}

export function withOutput(command: Command): Command {
  return command.option('--json', 'print JSON for programs');
}

/** A client of the Lethe that options, `LETHE_URL` or the configuration name. The token is the configuration's. */
export function connect({ url, config: file }: ConnectionOptions, io: CliIo): GatewayClient {
  const { variables } = io;
  const { http } = loadConfig({ file, variables }).config;
  const address = url ?? variables.LETHE_URL ?? `http://${http.host}:${http.port}`;
  return createGatewayClient({ url: address, token: http.token, actor: actor(io) });
}
