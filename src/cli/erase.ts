import { Command } from 'commander';
import { followCommand } from '../client/followCommand.js';
import { LetheError } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';
import { startProgress } from './progress.js';

interface EraseOptions extends ConnectionOptions {
  readonly id?: string;
  readonly now?: true;
  readonly wait: boolean;
}

type End = 'erased' | 'erase-failed' | 'erase-accepted' | 'command-ignored';

/** `lethe erase`: removes unlearned classes for good. */
export function eraseCommand(io: CliIo): Command {
  return withConnection(new Command('erase'))
    .description(
      'erase unlearned classes: the model is rebuilt without them, their vectors and all older models go',
    )
    .argument('<classes...>', 'classes to erase')
    .option('--now', 'unlearn those that are not unlearned yet')
    .option('--no-wait', 'return when the command is accepted')
    .option('--id <id>', 'id of the command: sent twice, it is carried out once')
    .addHelpText(
      'after',
      `
Nothing brings an erased class back but new samples. What topics still hold is told at the end; docs/forgetting.md.

Examples:
  $ lethe erase cat
  $ lethe erase cat --now`,
    )
    .action((classes: string[], options: EraseOptions) => erase(classes, options, io));
}

async function erase(classes: string[], options: EraseOptions, io: CliIo): Promise<void> {
  const id = options.id ?? `erase-${crypto.randomUUID()}`;
  const progress = startProgress(io);
  const ends: End[] = options.wait
    ? ['erased', 'erase-failed', 'command-ignored']
    : ['erase-accepted', 'command-ignored'];
  try {
    const done = await followCommand(
      connect(options, io),
      { id, kind: 'erase', classes, ...(options.now && { now: true }) },
      {
        ends,
        concerns: (event) => isOfRebuild(event) || ('commandId' in event && event.commandId === id),
        onEvent: (event) => {
          if (event.kind === 'task-epoch') progress.show('epochs of the rebuild', event.epoch, event.epochs);
        },
      },
    );
    progress.stop();
    if (done.kind === 'erase-failed') throw failed(done);
    writeResult(io, options.json, done, describe(done));
  } finally {
    progress.stop();
  }
}

function isOfRebuild(event: LetheEvent): boolean {
  return event.kind === 'task-epoch' && event.task.startsWith('rebuild-');
}

function failed({ error }: Extract<LetheEvent, { kind: 'erase-failed' }>): LetheError {
  const { code, message, remedy, field, value } = error;
  return new LetheError(code, message, { remedy, field, value });
}

function describe(event: Extract<LetheEvent, { kind: Exclude<End, 'erase-failed'> }>): string {
  switch (event.kind) {
    case 'command-ignored':
      return 'already carried out: nothing was done again';
    case 'erase-accepted':
      return `${event.classes.map(({ name }) => name).join(', ')}: to be erased; follow it by \`lethe status\``;
    case 'erased': {
      const classes = event.classes.map(({ name, vectors }) => `${name} (${vectors} vectors)`).join(', ');
      const kept = event.topics.filter(({ records }) => records === 'kept').map(({ topic }) => topic);
      return (
        `erased ${classes}, ${event.checkpoints} older models and ${event.deadLetters} dead letters; ` +
        `model ${event.modelVersion} never saw them.` +
        (kept.length > 0 ? `\nTopics may still hold their records: ${kept.join(', ')}.` : '')
      );
    }
  }
}
