import { Command } from 'commander';
import { eventLine } from '../domain/describeEvent.js';
import { followCommand } from '../following/followCommand.js';
import { commandId } from './commandId.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';
import { patienceWith } from './standing.js';

interface RelearnOptions extends ConnectionOptions {
  readonly id?: string;
}

/** `lethe relearn`: brings unlearned classes back. */
export function relearnCommand(io: CliIo): Command {
  return withConnection(new Command('relearn'))
    .description('restore unlearned classes, without training')
    .argument('<classes...>', 'classes to restore')
    .option('--id <id>', 'id of the command; Lethe carries out a command once for each id')
    .addHelpText('after', '\nExample:\n  $ lethe relearn cat')
    .action((classes: string[], options: RelearnOptions) => relearn(classes, options, io));
}

async function relearn(classes: string[], options: RelearnOptions, io: CliIo): Promise<void> {
  const id = commandId('relearn', options.id);
  const client = connect(options, io);
  const command = { id, kind: 'relearn' as const, classes };
  const patience = patienceWith(command, client, options.timeout);
  const done = await followCommand(client, command, { patience });
  writeResult(io, options.json, done, eventLine(done));
}
