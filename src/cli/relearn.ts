import { Command } from 'commander';
import { followCommand } from '../client/followCommand.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface RelearnOptions extends ConnectionOptions {
  readonly id?: string;
}

/** `lethe relearn`: brings unlearned classes back. */
export function relearnCommand(io: CliIo): Command {
  return withConnection(new Command('relearn'))
    .description('bring unlearned classes back, without training')
    .argument('<classes...>', 'classes to bring back')
    .option('--id <id>', 'id of the command: sent twice, it is carried out once')
    .addHelpText('after', '\nExample:\n  $ lethe relearn cat')
    .action((classes: string[], options: RelearnOptions) => relearn(classes, options, io));
}

async function relearn(classes: string[], options: RelearnOptions, io: CliIo): Promise<void> {
  const id = options.id ?? `relearn-${crypto.randomUUID()}`;
  const done = await followCommand(
    connect(options, io),
    { id, kind: 'relearn', classes },
    {
      ends: ['relearned', 'command-ignored'],
      concerns: (event) => 'commandId' in event && event.commandId === id,
    },
  );
  const text =
    done.kind === 'relearned'
      ? `relearned ${done.classes.map(({ name, moved }) => `${name} (${moved} vectors)`).join(', ')} in ${done.ms.toFixed(1)} ms`
      : 'already carried out: nothing was done again';
  writeResult(io, options.json, done, text);
}
