import { Command } from 'commander';
import type { FoundInput, InputItem } from '../data/inputItem.js';
import { decodePrediction, decodeQuery, encodeQuery } from '../domain/cloudEvents.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { LogRecord, OutgoingRecord } from '../domain/record.js';
import { checked } from '../following/checked.js';
import { answerLine } from './answerLine.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { followAnswers } from './followAnswers.js';
import { inputLimitsOf, inputsAt, sampleRecord } from './inputs.js';
import { type CliIo, writeNote, writeResult } from './io.js';
import { lineOf } from './learnReport.js';
import { startProgress } from './progress.js';
import { type Problem, shownProblem } from './sampleSurvey.js';
import { sendEach } from './sendSamples.js';

interface SamplesOptions extends ConnectionOptions {
  readonly task: string;
  readonly label?: string;
}

interface QueriesOptions extends ConnectionOptions {
  readonly wait: boolean;
}

const INPUT_HELP = `
Inputs are a folder <label>/<file>, one image or text, a JSON-lines file (.jsonl), or - for JSON lines on standard
input: {"label": "cat", "path": "cat.png"}, {"image": "<base64>", "contentType": "image/png"}, {"text": "..."} or
{"vector": [0.1, ...]}. Images are PNG, JPEG or WebP; texts are UTF-8, for a Lethe whose embedder takes texts. The command lists inputs that it can't send, sends the others, and ends with exit code 1.`;

/** `lethe produce`: sends samples or queries. */
export function produceCommand(io: CliIo): Command {
  return new Command('produce')
    .description('send samples or queries to a running Lethe')
    .addCommand(samplesCommand(io))
    .addCommand(queriesCommand(io));
}

function samplesCommand(io: CliIo): Command {
  return withConnection(new Command('samples'))
    .description('send labelled samples of a task, without the command; see also `lethe learn`')
    .argument('<input>', 'folder, file or -')
    .requiredOption('--task <name>', 'task of the samples')
    .option('--label <class>', 'class of inputs without a label')
    .addHelpText('after', `${INPUT_HELP}\n\nExample:\n  $ lethe produce samples animals --task animals`)
    .action((input: string, options: SamplesOptions) => produceSamples(input, options, io));
}

function queriesCommand(io: CliIo): Command {
  return withConnection(new Command('queries'))
    .description(
      'send queries and print the answers; labels of the inputs are the truth for the accuracy metrics',
    )
    .argument('<input>', 'folder, file or -')
    .option('--no-wait', 'do not wait for the answers')
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
  const skipped = new Skipped(io, options.json);
  const { task, label } = options;
  const settings = { task, ...(label !== undefined && { label }) };
  let sent = 0;
  const toRecord = (item: InputItem): OutgoingRecord => sampleRecord(item, settings, client.topics).record;
  const limits = await inputLimitsOf(client, options, io);
  const records = usable(inputsAt(input, io, limits), toRecord, skipped);
  try {
    await sendEach(records, client, {
      onSent: () => progress.show('samples sent', ++sent, null),
      onRefused: (item, error) => skipped.add({ ...item, error }),
    });
  } finally {
    progress.stop();
  }
  writeResult(io, options.json, { task, sent, ...skipped.shown }, `${sent} samples of task ${task} sent`);
  skipped.refuse();
}

async function produceQueries(input: string, options: QueriesOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const skipped = new Skipped(io, options.json);
  const inputs = inputsAt(input, io, await inputLimitsOf(client, options, io));
  const answers = options.wait ? await followAnswers(client, options.timeout * 1000) : undefined;
  let sent = 0;
  const toRecord = ({ id, label, payload }: InputItem): OutgoingRecord => {
    const truth = { ...(label !== undefined && { truth: label }) };
    const record = checked(encodeQuery({ id, payload, ...truth }, client.topics), decodeQuery);
    answers?.expect(record.headers.ce_id ?? id);
    return record;
  };
  const print = (record: LogRecord): void => {
    const prediction = decodePrediction(record);
    writeResult(io, options.json, prediction, `${prediction.queryId}  ${answerLine(prediction)}`);
  };
  const send = async (): Promise<void> => {
    await sendEach(usable(inputs, toRecord, skipped), client, {
      onSent: () => sent++,
      onRefused: (item, error) => {
        skipped.add({ ...item, error });
        answers?.withdraw(item.record.headers.ce_id ?? '');
      },
    });
    answers?.allSent();
  };
  try {
    await Promise.all([answers?.each(print), send()]);
  } finally {
    answers?.stop();
  }
  if (!answers) writeResult(io, options.json, { sent, ...skipped.shown }, `${sent} queries sent`);
  else refuseWhatWasRefused(answers.refused, sent);
  skipped.refuse();
}

interface Outgoing {
  readonly place: string;
  readonly record: OutgoingRecord;
}

/** The inputs that can be sent, as records. */
async function* usable(
  inputs: AsyncIterable<FoundInput>,
  toRecord: (item: InputItem) => OutgoingRecord,
  skipped: Skipped,
): AsyncGenerator<Outgoing> {
  for await (const found of inputs) {
    if ('unusable' in found) skipped.add(found.unusable);
    else {
      let record: OutgoingRecord;
      try {
        record = toRecord(found.item);
      } catch (error) {
        skipped.add({ place: found.item.place, error: toLetheError(error, 'invalid-message') });
        continue;
      }
      yield { place: found.item.place, record };
    }
  }
}

/** What was given and could not be sent: each is told of when it is met; the rest goes on, and the command fails at its end. */
class Skipped {
  readonly #problems: Problem[] = [];

  constructor(
    private readonly io: CliIo,
    private readonly json: boolean | undefined,
  ) {}

  add({ place, error }: Problem): void {
    this.#problems.push({ place, error });
    if (!this.json) writeNote(this.io, `not sent: ${lineOf(shownProblem({ place, error }))}`);
  }

  get shown() {
    return this.#problems.length > 0 ? { skipped: this.#problems.map(shownProblem) } : {};
  }

  /** @throws LetheError where something was not sent */
  refuse(): void {
    const [first] = this.#problems;
    if (first === undefined) return;
    const { code, message, remedy } = first.error;
    throw new LetheError(code, `can't send ${this.#problems.length} inputs; the first: ${message}`, {
      remedy,
      evidence: { problems: this.#problems.map(shownProblem) },
    });
  }
}

/** @throws LetheError where queries were refused: with the reason of the first */
function refuseWhatWasRefused(refused: readonly LetheError[], sent: number): void {
  const [first] = refused;
  if (first === undefined) return;
  const { code, message, remedy } = first;
  throw new LetheError(code, `${refused.length} of ${sent} queries were refused, the first: ${message}`, {
    remedy,
  });
}
