import { cwd } from 'node:process';
import type { GatewayClient } from '../adapters/http/client.js';
import { loadConfig } from '../app/config/loadConfig.js';
import type { LetheConfig } from '../app/config/schema.js';
import { readInputs } from '../data/imageFolder.js';
import type { FoundInput, InputItem, InputLimits } from '../data/inputItem.js';
import { readJsonLines } from '../data/jsonLines.js';
import { decodeSample, encodeSample } from '../domain/cloudEvents.js';
import { LetheError } from '../domain/errors.js';
import type { Sample } from '../domain/messages/sample.js';
import { normalForm } from '../domain/normalForm.js';
import type { OutgoingRecord } from '../domain/record.js';
import type { Takes } from '../domain/takes.js';
import type { Topics } from '../domain/topics.js';
import type { CliIo } from './io.js';
import { takenInputs } from './workerStatus.js';

/** The inputs at a path; with `-`, the JSON lines on standard input. */
export function inputsAt(path: string, { stdin }: CliIo, limits: InputLimits): AsyncGenerator<FoundInput> {
  return path === '-'
    ? readJsonLines(stdin, { name: 'stdin', folder: cwd() }, limits)
    : readInputs(path, limits);
}

/** What inputs may be: the limits of the configuration, for what the embedder takes. */
export function inputLimits({ limits }: LetheConfig, takes: Takes = 'images'): InputLimits {
  return { maxBytes: takes === 'texts' ? limits.textBytes : limits.imageBytes, takes };
}

/** {@link inputLimits} for a running Lethe. @throws LetheError as `workerStatus` */
export async function inputLimitsOf(
  client: Pick<GatewayClient, 'status'>,
  { config: file }: { readonly config?: string },
  io: CliIo,
): Promise<InputLimits> {
  const { config } = loadConfig({ file, variables: io.variables });
  return inputLimits(config, (await takenInputs(client)).takes);
}

/**
 * The valid items among the inputs.
 * @throws LetheError the reason of the first invalid one
 */
export async function* itemsOf(found: AsyncIterable<FoundInput>): AsyncGenerator<InputItem> {
  for await (const each of found) {
    if ('unusable' in each) throw each.unusable.error;
    yield each.item;
  }
}

/** A sample that Lethe will read. */
export interface SampleRecord extends Pick<Sample, 'id' | 'label'> {
  readonly record: OutgoingRecord;
}

/** Task and default class of samples. */
export interface SampleSettings {
  readonly task: string;
  /** Class of inputs that have none. */
  readonly label?: string;
}

/**
 * An input as a sample of a task, with the names as Lethe reads them: some systems store folder names in another
 * Unicode form than people type.
 * @throws LetheError `invalid-message` without a label or with an invalid name; the fault of an invalid sample
 */
export function sampleRecord(
  { id, subject, payload, ...input }: InputItem,
  { task, label }: SampleSettings,
  topics: Topics,
): SampleRecord {
  const name = input.label ?? label;
  if (name === undefined) throw noLabel(input.place);
  const subjected = { ...(subject !== undefined && { subject }) };
  const record = encodeSample({ id, label: normalForm(name), task, ...subjected, payload }, topics);
  const sample = decodeSample({ ...record, partition: 0, offset: 0n, timestamp: 0 });
  return { id: sample.id, label: sample.label, record };
}

function noLabel(place: string): LetheError {
  return new LetheError('invalid-message', `the input ${place} has no label`, {
    field: 'label',
    value: place,
    remedy:
      'Put the files into folders with the names of their classes, give "label" in each line, or use --label.',
  });
}
