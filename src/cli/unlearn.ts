import { Command } from 'commander';
import type { GatewayClient } from '../adapters/http/client.js';
import { FORGOTTEN } from '../domain/classes.js';
import { eventLine } from '../domain/describeEvent.js';
import { LetheError } from '../domain/errors.js';
import type { Example, UnlearnCommand } from '../domain/messages/command.js';
import { exampleOfPayload } from '../domain/messages/example.js';
import { normalForm } from '../domain/normalForm.js';
import { followCommand } from '../following/followCommand.js';
import { commandId } from './commandId.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { inputLimitsOf, inputsAt, itemsOf } from './inputs.js';
import { type CliIo, writeResult } from './io.js';
import { patienceWith } from './standing.js';
import { classStates } from './workerStatus.js';

interface UnlearnOptions extends ConnectionOptions {
  readonly examples?: readonly string[];
  readonly samples?: readonly string[];
  readonly subject?: string;
  readonly id?: string;
}

/** `lethe unlearn`: classes, by name or by examples; or samples, by id or by subject. */
export function unlearnCommand(io: CliIo): Command {
  return withConnection(new Command('unlearn'))
    .description('unlearn classes: move their vectors to DB-MU, so that no answer names them')
    .argument('[classes...]', 'classes to unlearn')
    .option(
      '--examples <files...>',
      'images, texts, folders or .jsonl files of the class, instead of its name',
    )
    .option('--samples <ids...>', 'delete these samples instead, of any class')
    .option('--subject <name>', 'delete all samples of this subject instead')
    .option('--id <id>', 'id of the command; Lethe carries out a command once for each id')
    .addHelpText(
      'after',
      `
The vectors and the weights of an unlearned class remain, so \`lethe relearn\` can restore it at once; \`lethe erase\`
deletes them. Samples are deleted at once, and Lethe rebuilds the model without them in the background.

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
          'error: give one of: classes, --examples, --samples, --subject; for example `lethe unlearn cat`',
        );
      }
      return unlearn(classes, options, io);
    });
}

async function unlearn(classes: string[], options: UnlearnOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const command = await commandFor(classes, client, options, io);
  try {
    const patience = patienceWith(command, client, options.timeout);
    const done = await followCommand(client, command, { patience });
    writeResult(io, options.json, done, eventLine(done));
  } catch (error) {
    if (!(error instanceof LetheError && error.code === 'class-unlearned')) throw error;
    if (!(await areForgotten(classes, client))) throw error;
    const told = { kind: 'already-unlearned', commandId: command.id, classes };
    writeResult(io, options.json, told, `already unlearned: ${classes.join(', ')}; nothing changed`);
  }
}

/** Whether what was asked for is so already, of each of these classes. */
async function areForgotten(classes: readonly string[], client: GatewayClient): Promise<boolean> {
  const states = await classStates(client);
  return classes.every((name) => FORGOTTEN.some((state) => state === states.get(normalForm(name))));
}

async function commandFor(
  classes: string[],
  client: GatewayClient,
  options: UnlearnOptions,
  io: CliIo,
): Promise<UnlearnCommand> {
  const { examples, samples, subject, id } = options;
  const common = { id: commandId('unlearn', id), kind: 'unlearn' } as const;
  if (samples !== undefined) return { ...common, samples: [...samples] };
  if (subject !== undefined) return { ...common, subject };
  return examples === undefined
    ? { ...common, classes }
    : { ...common, examples: await examplesAt(examples, client, options, io) };
}

/** Every one must be usable: a class that is found by others than were meant is the wrong one. */
async function examplesAt(
  paths: readonly string[],
  client: GatewayClient,
  options: UnlearnOptions,
  io: CliIo,
): Promise<Example[]> {
  const limits = await inputLimitsOf(client, options, io);
  const examples: Example[] = [];
  for (const path of paths) {
    for await (const { payload } of itemsOf(inputsAt(path, io, limits))) {
      examples.push(exampleOfPayload(payload));
    }
  }
  return examples;
}
