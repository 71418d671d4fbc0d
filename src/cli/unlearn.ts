import { Command } from 'commander';
import { followCommand } from '../client/followCommand.js';
import { readInputs } from '../data/imageFolder.js';
import type { Example, UnlearnCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeResult } from './io.js';

interface UnlearnOptions extends ConnectionOptions {
  readonly examples?: readonly string[];
  readonly samples?: readonly string[];
  readonly subject?: string;
  readonly id?: string;
}

/** `lethe unlearn`: classes, by name or by examples; or samples, by id or by subject. */
export function unlearnCommand(io: CliIo): Command {
  return withConnection(new Command('unlearn'))
    .description('forget classes: their vectors move to DB-MU and no answer names them any more')
    .argument('[classes...]', 'classes to forget')
    .option('--examples <files...>', 'images (or folders, or .jsonl) of the class instead of its name')
    .option('--samples <ids...>', 'delete these samples instead, whatever their class')
    .option('--subject <name>', 'delete all samples that were sent with this subject instead')
    .option('--id <id>', 'id of the command: sent twice, it is carried out once')
    .addHelpText(
      'after',
      `
Vectors and weights still hold an unlearned class; \`lethe relearn\` brings it back at once. Samples are deleted, and the
model is rebuilt without them in the background.

Examples:
  $ lethe unlearn cat
  $ lethe unlearn --examples my-cats/*.jpg
  $ lethe unlearn --subject 'customer 7'`,
    )
    .action((classes: string[], options: UnlearnOptions, command: Command) => {
      const { examples, samples, subject } = options;
      const named = [classes.length > 0 ? classes : undefined, examples, samples, subject];
      if (named.filter((each) => each !== undefined).length !== 1) {
        command.error(
          'error: name either classes, or --examples, or --samples, or a --subject, e.g. `lethe unlearn cat`',
        );
      }
      return unlearn(classes, options, io);
    });
}

async function unlearn(classes: string[], options: UnlearnOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const command = await commandFor(classes, options);
  const done = await followCommand(client, command, {
    ends: ['unlearned', 'samples-unlearned', 'command-ignored'],
    concerns: (event) => 'commandId' in event && event.commandId === command.id,
  });
  writeResult(io, options.json, done, describe(done));
}

async function commandFor(
  classes: string[],
  { examples, samples, subject, id }: UnlearnOptions,
): Promise<UnlearnCommand> {
  const common = { id: id ?? `unlearn-${crypto.randomUUID()}`, kind: 'unlearn' } as const;
  if (samples !== undefined) return { ...common, samples: [...samples] };
  if (subject !== undefined) return { ...common, subject };
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

function describe(
  event: Extract<LetheEvent, { kind: 'unlearned' | 'samples-unlearned' | 'command-ignored' }>,
): string {
  if (event.kind === 'command-ignored') return 'already carried out: nothing was done again';
  if (event.kind === 'samples-unlearned') {
    const classes = event.classes.map(
      ({ name, removed, remaining }) => `${name} (${removed}, ${remaining} remain)`,
    );
    return `deleted samples of ${classes.join(', ') || 'no class'}; the model is rebuilt without them`;
  }
  const moved = event.classes.map(({ name, moved }) => `${name} (${moved} vectors)`).join(', ');
  return `unlearned ${moved} in ${event.ms.toFixed(1)} ms`;
}
