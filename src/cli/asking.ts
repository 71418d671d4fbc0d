import type { GatewayClient } from '../adapters/http/client.js';
import type { FoundInput } from '../data/inputItem.js';
import { encodeQuery } from '../domain/cloudEvents.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import type { Prediction } from '../domain/messages/prediction.js';
import { normalForm } from '../domain/normalForm.js';
import { type ConnectionOptions, connect } from './connection.js';
import { inputLimitsOf, inputsAt } from './inputs.js';
import { type CliIo, writeNote } from './io.js';

/** Concurrent queries. */
const AT_ONCE = 16;

/** An input that was answered. */
export interface Answered {
  readonly place: string;
  /** Its class, where the input names one. */
  readonly truth?: string;
  readonly prediction: Prediction;
}

/** An input that got no answer, and why. */
export interface Unanswered {
  readonly place: string;
  readonly error: LetheError;
}

/** Asks a running Lethe about all inputs, several at a time; the outcomes come in the order of the inputs. */
export async function* askAll(
  inputs: readonly string[],
  options: ConnectionOptions,
  io: CliIo,
): AsyncGenerator<Answered | Unanswered> {
  const client = connect(options, io);
  const limits = await inputLimitsOf(client, options, io);
  const timeoutMs = options.timeout * 1000;
  for (const input of inputs) {
    for await (const found of chunked(inputsAt(input, io, limits), AT_ONCE))
      yield* await Promise.all(found.map((each) => askOne(each, client, timeoutMs)));
  }
}

/** Names an input that got no answer, for people. */
export function noteUnanswered({ place, error }: Unanswered, { json }: ConnectionOptions, io: CliIo): void {
  if (!json) writeNote(io, `${place}: ${error.message} (${error.code})`);
}

/** @throws LetheError the first reason, with all of them as evidence, where inputs got no answer */
export function refuseUnanswered(unanswered: readonly Unanswered[], count: number): void {
  const [first] = unanswered;
  if (!first) return;
  const { code, message, remedy } = first.error;
  throw new LetheError(code, `${unanswered.length} of ${count} inputs got no answer; the first: ${message}`, {
    remedy,
    evidence: { problems: unanswered.map(({ place, error }) => ({ place, ...error.toJSON() })) },
  });
}

async function askOne(
  found: FoundInput,
  client: GatewayClient,
  timeoutMs: number,
): Promise<Answered | Unanswered> {
  if ('unusable' in found) return found.unusable;
  const { id, label, payload, place } = found.item;
  // Some systems store the names of folders in another Unicode form than people type.
  const truth = label !== undefined && { truth: normalForm(label) };
  try {
    const prediction = await client.ask(encodeQuery({ id, payload, ...truth }, client.topics), { timeoutMs });
    return prediction ? { place, ...truth, prediction } : { place, error: late(timeoutMs) };
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
