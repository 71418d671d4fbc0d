import { Command } from 'commander';
import { readInputs } from '../data/imageFolder.js';
import type { Example, UnlearnCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { followCommand } from './followCommand.js';
import { type CliIo, writeResult } from './io.js';

interface UnlearnOptions extends ConnectionOptions {
  readonly examples?: readonly string[];
  readonly id?: string;
}

/** `lethe unlearn`: by class name or by examples. */
export function unlearnCommand(io: CliIo): Command {
  return withConnection(new Command('unlearn'))
    .description('forget classes: their vectors move to DB-MU and no answer names them any more')
    .argument('[classes...]', 'classes to forget')
    .option('--examples <files...>', 'images (or folders, or .jsonl) of the class instead of its name')
    .option('--id <id>', 'id of the command: sent twice, it is carried out once')
    .addHelpText(
      'after',
      `
Vectors and weights still hold an unlearned class; \`lethe relearn\` brings it back at once.

Examples:
  $ lethe unlearn cat
  $ lethe unlearn --examples my-cats/*.jpg`,
    )
    .action((classes: string[], options: UnlearnOptions, command: Command) => {
      if (classes.length > 0 === (options.examples !== undefined)) {
        command.error('error: name either classes or --examples, e.g. `lethe unlearn cat`');
      }
      return unlearn(classes, options, io);
    });
}

async function unlearn(classes: string[], options: UnlearnOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const command = await commandFor(classes, options);
  const done = await followCommand(client, command, {
    ends: ['unlearned', 'command-ignored'],
    concerns: (event) => 'commandId' in event && event.commandId === command.id,
  });
  writeResult(io, options.json, done, describe(done));
}

async function commandFor(classes: string[], { examples, id }: UnlearnOptions): Promise<UnlearnCommand> {
  const common = { id: id ?? `unlearn-${crypto.randomUUID()}`, kind: 'unlearn' } as const;
  return examples === undefined
    ? { ...common, classes }
    : { ...common, examples: await examplesAt(examples) };
}

async function examplesAt(paths: readonly string[]): Promise<Example[]> {
  const examples: Example[] = [];
  for (const path of paths) {
    for await (const { payload } of readInputs(path)) {
      if (payload.kind === 'vector') examples.push({ vector: [...payload.vector] });
      else
        examples.push({
          contentType: payload.contentType,
          base64: Buffer.from(payload.bytes).toString('base64'),
        });
    }
  }
  return examples;
}

function describe(event: Extract<LetheEvent, { kind: 'unlearned' | 'command-ignored' }>): string {
  if (event.kind === 'command-ignored') return 'already carried out: nothing was done again';
  const moved = event.classes.map(({ name, moved }) => `${name} (${moved} vectors)`).join(', ');
  return `unlearned ${moved} in ${event.ms.toFixed(1)} ms`;
}
