import { Command } from 'commander';
import type { AcceptedEvent, DoneEvent } from '../domain/commandEnd.js';
import { describeEvent, eventLine } from '../domain/describeEvent.js';
import type { EraseCommand } from '../domain/messages/command.js';
import { isSettled } from '../domain/places.js';
import { placeWords } from '../domain/placeWords.js';
import { type Following, followAcceptance, followCommand } from '../following/followCommand.js';
import { commandId } from './commandId.js';
import { type ConnectionOptions, connect, LONG_SECONDS, withConnection } from './connection.js';
import { checkErased } from './eraseCheck.js';
import { type CliIo, writeResult } from './io.js';
import { startProgress } from './progress.js';
import { patienceWith } from './standing.js';

interface EraseOptions extends ConnectionOptions {
  readonly id?: string;
  readonly now?: true;
  readonly wait: boolean;
  readonly check?: true;
}

/** `lethe erase`: removes unlearned classes for good. */
export function eraseCommand(io: CliIo): Command {
  return withConnection(new Command('erase'), LONG_SECONDS)
    .description(
      'erase unlearned classes: rebuild the model without them, then delete their vectors and all older models',
    )
    .argument('<classes...>', 'classes to erase')
    .option('--now', 'also unlearn classes that are not unlearned yet')
    .option('--no-wait', 'return when the command is accepted')
    .option('--check', 'erase nothing; check again what remains of erased classes')
    .option('--id <id>', 'id of the command; Lethe carries out a command once for each id')
    .addHelpText(
      'after',
      `
Only new samples can restore an erased class. The result lists each place with its state: checked (done), not checked yet
(waiting), not cleared yet, will be tried again (failed), or records kept (kept). See docs/forgetting.md. With --check, the
command fails if anything of an erased class remains.

Examples:
  $ lethe erase cat
  $ lethe erase cat --now
  $ lethe erase cat --check`,
    )
    .action((classes: string[], options: EraseOptions) =>
      options.check ? checkErased(classes, options, io) : erase(classes, options, io),
    );
}

async function erase(classes: string[], options: EraseOptions, io: CliIo): Promise<void> {
  const id = commandId('erase', options.id);
  const progress = startProgress(io);
  try {
    const client = connect(options, io);
    const command: EraseCommand = { id, kind: 'erase', classes, ...(options.now && { now: true }) };
    const following: Following = {
      patience: patienceWith(command, client, options.timeout),
      onEvent: (event) => {
        if (event.kind === 'task-epoch' && event.task.startsWith('rebuild-'))
          progress.show('epochs of the rebuild', event.epoch, event.epochs);
      },
    };
    const done = await (options.wait
      ? followCommand(client, command, following)
      : followAcceptance(client, command, following));
    progress.stop();
    writeResult(io, options.json, done, describe(done));
  } finally {
    progress.stop();
  }
}

function describe(event: DoneEvent<'erase'> | AcceptedEvent<'erase'>): string | string[] {
  switch (event.kind) {
    case 'command-ignored':
      return eventLine(event);
    case 'erase-accepted':
      return [eventLine(event), '`lethe status` shows the progress'];
    case 'erased':
      return [
        `${describeEvent(event).what}.`,
        ...event.places.map((place) => `  ${placeWords(place)}`),
        ...(event.places.every(isSettled)
          ? []
          : [
              'The erasure is not complete yet; the event erasure-completed reports its end. Check with `lethe erase --check`.',
            ]),
      ];
  }
}
