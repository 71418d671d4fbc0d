import { cwd } from 'node:process';
import { readInputs } from '../data/imageFolder.js';
import type { InputItem } from '../data/inputItem.js';
import { readJsonLines } from '../data/jsonLines.js';
import { LetheError } from '../domain/errors.js';
import type { Sample } from '../domain/messages/sample.js';
import type { CliIo } from './io.js';

/** The inputs at a path, or the JSON lines on standard input where it is `-`. */
export function inputsAt(path: string, { stdin }: CliIo): AsyncGenerator<InputItem> {
  return path === '-' ? readJsonLines(stdin, { name: 'stdin', folder: cwd() }) : readInputs(path);
}

/**
 * An input as a sample of a task.
 * @param label for inputs that have none
 * @throws LetheError `invalid-message` where there is no label
 */
export function sampleOf(input: InputItem, task: string, label: string | undefined): Sample {
  const name = input.label ?? label;
  const { id, subject, payload } = input;
  if (name !== undefined)
    return { id, label: name, task, ...(subject !== undefined && { subject }), payload };
  throw new LetheError('invalid-message', `the input ${input.id} has no label`, {
    field: 'label',
    remedy: 'Put the files into folders named after their class, give "label" in each line, or use --label.',
  });
}
