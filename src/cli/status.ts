import { Command } from 'commander';
import { stringify } from 'yaml';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

/** `lethe status`: the state of a running Lethe. */
export function statusCommand(io: CliIo): Command {
  return withConnection(new Command('status'))
    .description('show the model, the classes and their states, the databases and the lag')
    .addHelpText('after', `\nExamples:\n  $ lethe status\n  $ lethe status --json | jq '.classes[].name'`)
    .action(async (options: ConnectionOptions) => {
      const status = await connect(options, io).status();
      const text = stringify(status, { lineWidth: 100, blockQuote: false }).trimEnd();
      writeResult(io, options.json, status, text.split('\n'));
    });
}
