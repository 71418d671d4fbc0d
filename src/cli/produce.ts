import { Command } from 'commander';
import { decodePrediction, encodeQuery, encodeSample } from '../domain/cloudEvents.js';
import { LetheError } from '../domain/errors.js';
import type { Prediction } from '../domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { followAnswers } from './followAnswers.js';
import { inputsAt, sampleOf } from './inputs.js';
import { type CliIo, writeResult } from './io.js';
import { startProgress } from './progress.js';

interface SamplesOptions extends ConnectionOptions {
  readonly task: string;
  readonly label?: string;
}

interface QueriesOptions extends ConnectionOptions {
  readonly wait: boolean;
}

const INPUT_HELP = `
Inputs are a folder <label>/<file>.png|.jpg|.webp, one image, a JSON-lines file (.jsonl), or - for JSON lines on
standard input: {"label": "cat", "path": "cat.png"}, {"image": "<base64>", "contentType": "image/png"} or
{"vector": [0.1, ...]}.`;

/** `lethe produce`: sends samples or queries. */
export function produceCommand(io: CliIo): Command {
  return new Command('produce')
    .description('send samples or queries to a running Lethe')
    .addCommand(samplesCommand(io))
    .addCommand(queriesCommand(io));
}

function samplesCommand(io: CliIo): Command {
  return withConnection(new Command('samples'))
    .description('send labelled samples of a task; `lethe learn` sends them with their command')
    .argument('<input>', 'folder, file or -')
    .requiredOption('--task <name>', 'task that the samples belong to')
    .option('--label <class>', 'class of inputs that have none of their own')
    .addHelpText('after', `${INPUT_HELP}\n\nExample:\n  $ lethe produce samples animals --task animals`)
    .action((input: string, options: SamplesOptions) => produceSamples(input, options, io));
}

function queriesCommand(io: CliIo): Command {
  return withConnection(new Command('queries'))
    .description('send queries and print their answers; labels count as the truth, for the accuracy metrics')
    .argument('<input>', 'folder, file or -')
    .option('--no-wait', 'only send, do not wait for the answers')
    .addHelpText(
      'after',
      `${INPUT_HELP}

Examples:
  $ lethe produce queries cat.png
  $ lethe produce queries test-images --json | jq -r .label | sort | uniq -c`,
    )
    .action((input: string, options: QueriesOptions) => produceQueries(input, options, io));
}

async function produceSamples(input: string, options: SamplesOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const progress = startProgress(io);
  let sent = 0;
  async function* records(): AsyncGenerator<OutgoingRecord> {
    for await (const item of inputsAt(input, io)) {
      yield encodeSample(sampleOf(item, options.task, options.label), client.topics);
    }
  }
  try {
    await client.publish(records(), () => progress.show('samples sent', ++sent, null));
  } finally {
    progress.stop();
  }
  writeResult(io, options.json, { task: options.task, sent }, `${sent} samples of task ${options.task} sent`);
}

async function produceQueries(input: string, options: QueriesOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const answers = options.wait ? await followAnswers(client) : undefined;
  let sent = 0;
  async function* records(): AsyncGenerator<OutgoingRecord> {
    for await (const { id, label, payload } of inputsAt(input, io)) {
      answers?.expect(id);
      yield encodeQuery({ id, payload, ...(label !== undefined && { truth: label }) }, client.topics);
    }
  }
  const print = (record: LogRecord): void => {
    const prediction = decodePrediction(record);
    writeResult(io, options.json, prediction, line(prediction));
  };
  const send = async (): Promise<void> => {
    await client.publish(records(), () => sent++);
    answers?.allSent();
  };
  try {
    await Promise.all([answers?.each(print), send()]);
  } finally {
    answers?.stop();
  }
  if (!answers) writeResult(io, options.json, { sent }, `${sent} queries sent`);
  else if (answers.refused.length > 0) throw refusedQueries(answers.refused, sent);
}

function line({ queryId, label, probabilities, route }: Prediction): string {
  const probability = probabilities.find((each) => each.label === label)?.probability;
  const share = probability === undefined ? '' : `  ${(100 * probability).toFixed(1)} %`;
  return `${queryId}  ${label}${share}  (${route})`;
}

function refusedQueries(refused: readonly LetheError[], sent: number): LetheError {
  const [first] = refused as [LetheError];
  return new LetheError(
    first.code,
    `${refused.length} of ${sent} queries were refused, the first: ${first.message}`,
    {
      remedy: first.remedy,
    },
  );
}
