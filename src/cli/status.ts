import { Command } from 'commander';
import { stringify } from 'yaml';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

/** `lethe status`: what a running Lethe knows and does. */
export function statusCommand(io: CliIo): Command {
  return withConnection(new Command('status'))
    .description('show the model, the classes with their states, the databases and what waits')
    .addHelpText('after', `\nExamples:\n  $ lethe status\n  $ lethe status --json | jq '.classes[].name'`)
    .action(async (options: ConnectionOptions) => {
      const status = await connect(options, io).status();
      writeResult(io, options.json, status, stringify(status, { lineWidth: 100 }).trimEnd());
    });
}
