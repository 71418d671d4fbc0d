import { Command } from 'commander';
import type { GatewayClient } from '../adapters/http/client.js';
import { loadConfig } from '../app/config/loadConfig.js';
import { eventLine } from '../domain/describeEvent.js';
import { LetheError } from '../domain/errors.js';
import type { LearnCommand } from '../domain/messages/command.js';
import type { EventOf, LetheEvent } from '../domain/messages/event.js';
import { normalForm } from '../domain/normalForm.js';
import { followAcceptance, followCommand } from '../following/followCommand.js';
import { commandId } from './commandId.js';
import { type ConnectionOptions, connect, LONG_SECONDS, withConnection } from './connection.js';
import { inputLimits, inputsAt } from './inputs.js';
import { type CliIo, writeNote, writeResult } from './io.js';
import { describeClasses, describeSkipped, reportOf, type SampleReport } from './learnReport.js';
import { type Progress, startProgress } from './progress.js';
import { followRefusals, type RefusedSamples } from './refusedSamples.js';
import { type SampleSurvey, shownProblem, surveyOf } from './sampleSurvey.js';
import { sendSamples } from './sendSamples.js';
import { patienceWith } from './standing.js';
import { takenInputs } from './workerStatus.js';

/** How samples are learned. */
export interface LearnOptions extends ConnectionOptions {
  readonly task: string;
  readonly label?: string;
  readonly id?: string;
  readonly wait: boolean;
}

/** `lethe learn`: a task's command and its samples in one go. */
export function learnCommand(io: CliIo): Command {
  return withConnection(new Command('learn'), LONG_SECONDS)
    .description(
      'learn new classes from labelled images or texts: send the command and the samples, and wait for the model',
    )
    .argument('<input>', 'folder <class>/<file>, one image or text, or a JSON-lines file')
    .requiredOption('--task <name>', 'name of the task; each task needs a new one')
    .option('--label <class>', 'class of inputs without a label')
    .option('--id <id>', 'id of the command; Lethe carries out a command once for each id')
    .option('--no-wait', 'return after sending')
    .addHelpText(
      'after',
      `
Before it announces the task, the command lists all files that it can't send: unreadable or empty ones, and those whose
content is not PNG, JPEG or WebP (or UTF-8, for a Lethe whose embedder takes texts). It announces nothing if a class would get no sample, or if a line of JSON is invalid. The
result reports for each class how many samples were sent, stored and refused.

Examples:
  $ lethe learn animals --task animals            animals/cat/1.jpg, animals/dog/1.jpg, ...
  $ lethe learn foxes --task foxes --label fox    foxes/1.jpg, ...
  $ lethe learn vectors.jsonl --task t2           {"label": "cat", "vector": [0.1, ...]}, ...`,
    )
    .action((input: string, options: LearnOptions) => learn(input, options, io));
}

/** Learns the labelled inputs, and prints what came of them. @throws LetheError why the task failed, or what can't be sent */
export async function learn(input: string, options: LearnOptions, io: CliIo): Promise<void> {
  if (input === '-') throw readTwice();
  const client = connect(options, io);
  const { takes, dimension } = await takenInputs(client);
  const { config } = loadConfig({ file: options.config, variables: io.variables });
  const limits = inputLimits(config, takes);
  const settings = {
    task: normalForm(options.task),
    ...(options.label !== undefined && { label: options.label }),
  };
  const inputs = () => inputsAt(input, io, limits);
  const survey = await surveyOf(inputs(), settings, client.topics);
  if (!options.json) for (const line of describeSkipped(survey)) writeNote(io, line);
  const command = commandFor(survey, options);
  const progress = startProgress(io);
  const refused = await followRefusals(client, command.task, placesIn(survey));
  let sent = 0;
  const send = (onStep: () => void): Promise<void> =>
    sendSamples(inputs(), survey, {
      client,
      settings,
      dimension,
      onSent: () => {
        progress.show('samples sent', ++sent, command.samples);
        onStep();
      },
      onFailed: refused.add,
    });
  try {
    await (options.wait ? learned : announced)({
      client,
      command,
      survey,
      options,
      io,
      progress,
      refused,
      send,
    });
  } finally {
    refused.stop();
    progress.stop();
  }
}

/** A learn command that is about to be carried out. */
interface Learning {
  readonly client: GatewayClient;
  readonly command: LearnCommand;
  readonly survey: SampleSurvey;
  readonly options: LearnOptions;
  readonly io: CliIo;
  readonly progress: Progress;
  readonly refused: RefusedSamples;
  readonly send: (onStep: () => void) => Promise<void>;
}

async function announced({ client, command, survey, options, io, refused, send }: Learning): Promise<void> {
  const patience = patienceWith(command, client, options.timeout);
  await followAcceptance(client, command, { patience, onAnnounced: send });
  const { id, task, samples } = command;
  const byClass = reportOf(survey, refused);
  const text = [`task ${task}: ${samples} samples sent`, ...describeClasses(byClass, ['sent'])];
  writeResult(io, options.json, { id, task, samples, byClass, ...looseOf(survey) }, text);
}

/** Waits for the model, and says what became of the samples, also where the task failed. */
async function learned(learning: Learning): Promise<void> {
  const { client, command, survey, options, io, progress, refused, send } = learning;
  const started = performance.now();
  let stored: number | undefined;
  const onEvent = (event: LetheEvent): void => {
    if (!('task' in event) || event.task !== command.task) return;
    if (event.kind === 'task-embedded') stored = event.samples;
    if (event.kind === 'task-epoch') progress.show('epochs trained', event.epoch, event.epochs);
  };
  const patience = patienceWith(command, client, options.timeout);
  const report = async (): Promise<SampleReport[]> => {
    if (stored !== undefined) await refused.settled(command.samples - stored);
    return reportOf(survey, refused);
  };
  try {
    const ended = await followCommand(client, command, { patience, onEvent, onAnnounced: send });
    progress.stop();
    const { classes, samples } = command;
    if (ended.kind === 'command-ignored') {
      writeResult(io, options.json, { ...ended, classes, samples }, eventLine(ended));
      return;
    }
    const byClass = await report();
    const unknown = Math.max(0, samples - (stored ?? samples) - refused.problems.size);
    const result = {
      ...ended,
      classes,
      samples,
      stored: stored ?? null,
      waitedMs: performance.now() - started,
      byClass,
      unaccounted: unknown,
      ...looseOf(survey),
    };
    writeResult(io, options.json, result, described(ended, result));
  } catch (error) {
    progress.stop();
    const byClass = await report();
    if (!options.json) for (const line of describeClasses(byClass, ['sent', 'stored'])) writeNote(io, line);
    throw withReport(error, byClass);
  }
}

function looseOf({ loose }: SampleSurvey) {
  return loose.length > 0 ? { skipped: loose.map(shownProblem) } : {};
}

function commandFor({ classes }: SampleSurvey, { task, id }: LearnOptions): LearnCommand {
  const samples = [...classes.values()].reduce((sum, { places }) => sum + places.size, 0);
  return {
    id: commandId('learn', id),
    kind: 'learn',
    task: normalForm(task),
    classes: [...classes.keys()],
    samples,
  };
}

function placesIn({ classes }: SampleSurvey): ReadonlyMap<string, string> {
  return new Map([...classes.values()].flatMap(({ places }) => [...places]));
}

/** The error of a task, with what became of its samples. */
function withReport(error: unknown, byClass: readonly SampleReport[]): unknown {
  if (!(error instanceof LetheError) || byClass.every(({ refused }) => refused.length === 0)) return error;
  const { code, message, remedy, field, value, evidence, retriable } = error;
  const details = { remedy, field, value, retriable, cause: error };
  return new LetheError(code, message, { ...details, evidence: { ...evidence, byClass } });
}

function described(
  { modelVersion }: EventOf<'task-finished'>,
  {
    classes,
    samples,
    stored,
    waitedMs,
    byClass,
    unaccounted,
  }: {
    readonly classes: readonly string[];
    readonly samples: number;
    readonly stored: number | null;
    /** From the first sample sent to the model: what the user waits for, not the training alone. */
    readonly waitedMs: number;
    readonly byClass: readonly SampleReport[];
    readonly unaccounted: number;
  },
): string[] {
  const seconds = (waitedMs / 1000).toFixed(1);
  const lines = [
    `${classes.join(', ')} learned from ${stored ?? samples} samples in ${seconds} s: model ${modelVersion}`,
  ];
  if (unaccounted > 0) lines.push(`${unaccounted} more were refused; \`lethe dead-letters list\` shows why`);
  return [...lines, ...describeClasses(byClass, ['sent', 'stored'])];
}

function readTwice(): LetheError {
  return new LetheError('invalid-message', "learn reads its inputs twice, so it can't read standard input", {
    field: 'input',
    value: '-',
    remedy: 'Give a folder or a file.',
  });
}
