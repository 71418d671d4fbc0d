import { Command } from 'commander';
import { followCommand } from '../client/followCommand.js';
import { encodeSample } from '../domain/cloudEvents.js';
import { LetheError } from '../domain/errors.js';
import type { LearnCommand } from '../domain/messages/command.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { OutgoingRecord } from '../domain/record.js';
import type { GatewayClient } from '../streams/transports/http/client.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { inputsAt, sampleOf } from './inputs.js';
import { type CliIo, writeResult } from './io.js';
import { type Progress, startProgress } from './progress.js';

interface LearnOptions extends ConnectionOptions {
  readonly task: string;
  readonly label?: string;
  readonly id?: string;
  readonly wait: boolean;
}

/** `lethe learn`: a task's command and its samples in one go. */
export function learnCommand(io: CliIo): Command {
  return withConnection(new Command('learn'))
    .description(
      'learn new classes from labelled images: sends the command and the samples, waits for the model',
    )
    .argument('<input>', 'folder <class>/<image>, one image, or a JSON-lines file')
    .requiredOption('--task <name>', 'name of the learning step; new for every step')
    .option('--label <class>', 'class of inputs that have none of their own')
    .option('--id <id>', 'id of the command: sent twice, it is carried out once')
    .option('--no-wait', 'return when all is sent')
    .addHelpText(
      'after',
      `
Examples:
  $ lethe learn animals --task animals            animals/cat/1.jpg, animals/dog/1.jpg, ...
  $ lethe learn foxes --task foxes --label fox    foxes/1.jpg, ...
  $ lethe learn vectors.jsonl --task t2           {"label": "cat", "vector": [0.1, ...]}, ...`,
    )
    .action((input: string, options: LearnOptions) => learn(input, options, io));
}

async function learn(input: string, options: LearnOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const command = await commandFor(input, options, io);
  const progress = startProgress(io);
  const send = (): Promise<void> => sendSamples(input, command, { client, options, io, progress });
  try {
    if (!options.wait) {
      await followCommand(
        client,
        command,
        { ends: ['task-announced', 'command-ignored'], concerns: isAbout(command) },
        send,
      );
      const { id, task, samples } = command;
      writeResult(io, options.json, { id, task, samples }, `task ${task}: ${samples} samples sent`);
      return;
    }
    const ended = await followCommand(
      client,
      command,
      {
        ends: ['task-finished', 'command-ignored'],
        concerns: isAbout(command),
        onEvent: showTraining(progress),
      },
      send,
    );
    progress.stop();
    const { classes, samples } = command;
    writeResult(io, options.json, { ...ended, classes, samples }, describe(ended, command));
  } finally {
    progress.stop();
  }
}

/** Reads the inputs once to count them: the command says which classes and how many samples are coming. */
async function commandFor(
  input: string,
  { task, label, id }: LearnOptions,
  io: CliIo,
): Promise<LearnCommand> {
  if (input === '-') {
    throw new LetheError(
      'invalid-message',
      'learn reads its inputs twice, which standard input does not allow',
      {
        field: 'input',
        value: '-',
        remedy: 'Give a folder or file.',
      },
    );
  }
  const classes = new Set<string>();
  let samples = 0;
  for await (const item of inputsAt(input, io)) {
    classes.add(sampleOf(item, task, label).label);
    samples++;
  }
  return { id: id ?? `learn-${crypto.randomUUID()}`, kind: 'learn', task, classes: [...classes], samples };
}

async function sendSamples(
  input: string,
  { task, samples }: LearnCommand,
  {
    client,
    options,
    io,
    progress,
  }: { client: GatewayClient; options: LearnOptions; io: CliIo; progress: Progress },
): Promise<void> {
  let sent = 0;
  async function* records(): AsyncGenerator<OutgoingRecord> {
    for await (const item of inputsAt(input, io)) {
      yield encodeSample(sampleOf(item, task, options.label), client.topics);
    }
  }
  await client.publish(records(), () => progress.show('samples sent', ++sent, samples));
}

function isAbout({ id, task }: LearnCommand): (event: LetheEvent) => boolean {
  return (event) =>
    ('task' in event && event.task === task) || ('commandId' in event && event.commandId === id);
}

function showTraining(progress: Progress): (event: LetheEvent) => void {
  return (event) => {
    if (event.kind === 'task-epoch') progress.show('epochs trained', event.epoch, event.epochs);
  };
}

function describe(
  event: Extract<LetheEvent, { kind: 'task-finished' | 'command-ignored' }>,
  { classes, samples }: LearnCommand,
): string {
  if (event.kind === 'command-ignored') return 'already carried out: nothing was done again';
  const seconds = (event.ms / 1000).toFixed(1);
  return `${classes.join(', ')} learned from ${samples} samples: model ${event.modelVersion}, ${seconds} s`;
}
