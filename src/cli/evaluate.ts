import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { LetheError, toLetheError } from '../domain/errors.js';
import { plainText, tablesPage } from '../report/dataTable.js';
import { evaluate, type Judged } from '../verification/evaluation.js';
import { evaluationLines, evaluationTables } from '../verification/evaluationReport.js';
import { type Answered, askAll, noteUnanswered, refuseUnanswered, type Unanswered } from './asking.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { type CliIo, writeNote, writeResult } from './io.js';
import { classStates } from './workerStatus.js';

interface EvaluateOptions extends ConnectionOptions {
  readonly html?: string;
}

/** `lethe evaluate`: how good the answers are, on inputs whose classes are known. */
export function evaluateCommand(io: CliIo): Command {
  return withConnection(new Command('evaluate'))
    .description('ask a running Lethe about labelled inputs, and report how good the answers are')
    .argument(
      '<inputs...>',
      'folders with a folder for each class, .jsonl files with "label", or - for JSON lines',
    )
    .option('--html <file>', 'write the report as a web page, too')
    .addHelpText(
      'after',
      `
A_r is the accuracy on learned classes. A_u is the accuracy on forgotten classes, which is ideally 0. The calibration error
says how far the probabilities are from the accuracy (expected calibration error, 15 bins). Inputs without a label are
skipped. Do not evaluate on inputs that were learned.

Examples:
  $ lethe evaluate held-out/
  $ lethe evaluate held-out.jsonl --html report.html
  $ lethe evaluate held-out/ --json | jq .remaining`,
    )
    .action((inputs: string[], options: EvaluateOptions) => run(inputs, options, io));
}

async function run(inputs: readonly string[], options: EvaluateOptions, io: CliIo): Promise<void> {
  const answered: Answered[] = [];
  const unanswered: Unanswered[] = [];
  for await (const asked of askAll(inputs, options, io)) {
    if ('prediction' in asked) answered.push(asked);
    else {
      unanswered.push(asked);
      noteUnanswered(asked, options, io);
    }
  }
  const judged = labelled(answered);
  const skipped = answered.length - judged.length;
  if (skipped > 0) writeNote(io, `skipped without a label: ${skipped}`);
  if (judged.length === 0 && unanswered.length === 0) throw nothingLabelled(inputs);

  const evaluation = evaluate(judged, await classStates(connect(options, io)));
  const versions = versionsIn(answered);
  const tables = evaluationTables(evaluation);
  const lines = evaluationLines(evaluation, versions);
  const text = [...lines, '', ...plainText(tables).split('\n')];
  writeResult(io, options.json, { ...versions, skipped, failed: unanswered.length, ...evaluation }, text);
  if (options.html !== undefined)
    await writePage(options.html, await tablesPage('Evaluation', lines.join('; '), tables));
  refuseUnanswered(unanswered, answered.length + unanswered.length);
}

function labelled(answered: readonly Answered[]): Judged[] {
  return answered.flatMap(({ truth, prediction }) => (truth === undefined ? [] : [{ truth, prediction }]));
}

/** Which models and states of the registry answered: more than one where something changed meanwhile. */
function versionsIn(answered: readonly Answered[]) {
  const predictions = answered.map(({ prediction }) => prediction);
  return {
    models: [...new Set(predictions.map(({ modelVersion }) => modelVersion))],
    registryVersions: [...new Set(predictions.map(({ registryVersion }) => registryVersion))],
  };
}

/** @throws LetheError `invalid-message` if it can't be written */
async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new LetheError('invalid-message', `the report was not written: ${toLetheError(error).message}`, {
      field: 'html',
      value: file,
      remedy: 'Give --html a file that may be written, in a folder that exists.',
      cause: error,
    });
  }
}

function nothingLabelled(inputs: readonly string[]): LetheError {
  return new LetheError('invalid-message', `no input in ${inputs.join(', ')} has a label`, {
    field: 'label',
    value: inputs.join(', '),
    remedy: 'Put the files into folders with the names of their classes, or give "label" in each line.',
  });
}
