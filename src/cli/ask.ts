import { Command } from 'commander';
import type { GatewayClient } from '../adapters/http/client.js';
import type { FoundInput } from '../data/inputItem.js';
import { encodeQuery } from '../domain/cloudEvents.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { Prediction } from '../domain/messages/prediction.js';
import { answerLine } from './answerLine.js';
import { type ConnectionOptions, connect, withConnection } from './connection.js';
import { inputLimits, inputsAt } from './inputs.js';
import { type CliIo, writeNote, writeResult } from './io.js';

/** Concurrent queries. */
const AT_ONCE = 16;

/** The outcome of an input. */
type Asked = { readonly place: string } & (
  | { readonly prediction: Prediction }
  | { readonly error: LetheError }
);

/** `lethe ask`: questions and their answers, in order. */
export function askCommand(io: CliIo): Command {
  return withConnection(new Command('ask'))
    .description('ask a running Lethe what inputs are, and print the answers')
    .argument('<inputs...>', 'images, folders, .jsonl files, or - for JSON lines on standard input')
    .addHelpText(
      'after',
      `
The answers come in the order of the inputs. The command names inputs that got none, and ends with exit code 1. --timeout is
the time that one answer may take.

Examples:
  $ lethe ask photo.jpg
  $ lethe ask *.png --json | jq -r .label
  $ echo '{"vector": [0.1, 0.2]}' | lethe ask -`,
    )
    .action((inputs: string[], options: ConnectionOptions) => ask(inputs, options, io));
}

async function ask(inputs: readonly string[], options: ConnectionOptions, io: CliIo): Promise<void> {
  const client = connect(options, io);
  const limits = inputLimits(options, io);
  const problems: Extract<Asked, { error: unknown }>[] = [];
  const timeoutMs = options.timeout * 1000;
  let count = 0;
  for (const input of inputs) {
    for await (const found of chunked(inputsAt(input, io, limits), AT_ONCE)) {
      for (const asked of await Promise.all(found.map((each) => askOne(each, client, timeoutMs)))) {
        count++;
        if ('prediction' in asked) {
          const { place, prediction } = asked;
          writeResult(io, options.json, prediction, `${place}  ${answerLine(prediction)}`);
          continue;
        }
        problems.push(asked);
        const { code, message } = asked.error;
        if (!options.json) writeNote(io, `${asked.place}: ${message} (${code})`);
      }
    }
  }
  const [first] = problems;
  if (!first) return;
  const { code, message, remedy } = first.error;
  throw new LetheError(code, `${problems.length} of ${count} inputs got no answer; the first: ${message}`, {
    remedy,
    evidence: { problems: problems.map(({ place, error }) => ({ place, ...error.toJSON() })) },
  });
}

async function askOne(found: FoundInput, client: GatewayClient, timeoutMs: number): Promise<Asked> {
  if ('unusable' in found) return found.unusable;
  const { id, label, payload, place } = found.item;
  try {
    const record = encodeQuery({ id, payload, ...(label !== undefined && { truth: label }) }, client.topics);
    const prediction = await client.ask(record, { timeoutMs });
    return prediction ? { place, prediction } : { place, error: late(timeoutMs) };
  } catch (error) {
    return { place, error: toLetheError(error) };
  }
}

function late(timeoutMs: number): LetheError {
  return new LetheError('timed-out', `no answer came within ${timeoutMs / 1000} s`, {
    field: 'timeout',
    value: `${timeoutMs / 1000} s`,
    remedy:
      'Check with `lethe status` what the worker does. Wait longer with --timeout, up to http.waitSeconds.',
    retriable: true,
  });
}

async function* chunked<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
