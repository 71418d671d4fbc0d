import type { Context } from 'hono';
import { LetheError } from '../../domain/errors.js';
import type { Prediction } from '../../domain/messages/prediction.js';
import type { EventLog } from '../eventLog.js';
import { eventOf, idIn, isBatch, membersOf } from './batch.js';
import type { Bodies } from './bodies.js';
import { refuseUncarried } from './carried.js';
import {
  eventOfRequest,
  type Incoming,
  type IncomingEvent,
  type IngressRole,
  type Received,
  type Receiving,
  receive,
  traceHeaders,
} from './ingress.js';
import type { BatchItem, CommandResult, Outcome } from './outcome.js';
import { parameterOf } from './parameters.js';
import { type WaitFor, waitFor } from './prefer.js';
import { refusalBody, refuse } from './refusal.js';
import { whenGone } from './streaming.js';
import { notReady, Turnstile } from './turnstile.js';
import type { Waiting, Waits } from './waits.js';

/** How messages are taken. */
export interface IntakeOptions extends Receiving {
  readonly log: EventLog;
  /** Whether messages are taken; while it says no, they are refused as at a full log. */
  readonly accepting: () => boolean;
  /**
   * Refuses at once what would be refused once it is read.
   * @throws LetheError with the reason that its dead letter would carry
   */
  readonly examine?: (incoming: Incoming) => Promise<void>;
  /** Requests that wait for room in the log at most; others are refused. */
  readonly waiting: number;
  /** For how long a request may wait for what comes of its message at most. */
  readonly waitSeconds: number;
}

type Result = Prediction | CommandResult;
/** A message that is in the log, and what comes of it where the request waits for that. */
interface Entered {
  readonly id: string;
  readonly outcome: Outcome<Result> | undefined;
}
/** A message on its way into the log. */
interface Candidate extends Received {
  readonly waiting: Waiting<Result> | undefined;
}

/**
 * Takes messages into the log, and answers with what came of them where the request waits for it. What is in the log stays there:
 * when the time of waiting is over the answer is 202 and no error, since sending the message again would have it done twice.
 */
export class Intake {
  readonly #turnstile: Turnstile;

  constructor(
    private readonly options: IntakeOptions,
    private readonly bodies: Bodies,
    private readonly waits: Waits,
  ) {
    this.#turnstile = new Turnstile(options.waiting);
  }

  /** Answers a request that brings a message, or a batch of queries. */
  async take(context: Context, role: IngressRole): Promise<Response> {
    if (!this.options.accepting()) throw notReady();
    const wait = this.#waitOf(context, role);
    const { headers } = context.req.raw;
    if (role === 'queries' && isBatch(headers.get('content-type'))) {
      let members: readonly unknown[] = [];
      const results = await this.#enter(context, role, wait, (body) => {
        members = membersOf(body);
        return members.map((member) => () => {
          const event = eventOf(member);
          return { ...event, headers: { ...event.headers, ...traceHeaders(headers) } };
        });
      });
      return manyAnswers(
        context,
        results.map((result, index) => itemOf(result, members[index])),
        wait,
      );
    }
    const [result] = await this.#enter(context, role, wait, (body) => [() => eventOfRequest(headers, body)]);
    if (!result) throw new RangeError('a request brings one message');
    return oneAnswer(context, result, wait);
  }

  /** Nothing comes of a sample that could be waited for: a task is learned from all of its samples. */
  #waitOf(context: Context, role: IngressRole): WaitFor | undefined {
    if (role !== 'samples') return waitFor(context, this.options.waitSeconds * 1000);
    if (parameterOf(context, 'wait') === undefined) return undefined;
    throw new LetheError('invalid-message', 'samples have no answer to wait for', {
      field: 'wait',
      remedy: 'Omit wait. The learn command waits for its samples: POST /v1/commands?wait=60s.',
    });
  }

  /**
   * Brings the messages of one request into the log, those that can be, and waits for what comes of them.
   * @param readAll the messages in the body, each still to be read
   */
  async #enter(
    context: Context,
    role: IngressRole,
    wait: WaitFor | undefined,
    readAll: (body: Buffer) => (() => IncomingEvent)[],
  ): Promise<(Entered | LetheError)[]> {
    const until = performance.now() + (wait?.ms ?? 0);
    const entered = await this.bodies.read(context, (body) =>
      this.#turnstile.pass(() => this.#write(context, role, readAll(body), wait !== undefined)),
    );
    return Promise.all(
      entered.map(async (each) => {
        if (each instanceof LetheError) return each;
        const { incoming, waiting } = each;
        return { id: incoming.message.id, outcome: waiting && (await known(waiting, until)) };
      }),
    );
  }

  /** Waiting begins before the writing, so that nothing is missed, and ends where nothing is written after all. */
  async #write(
    context: Context,
    role: IngressRole,
    sources: readonly (() => IncomingEvent)[],
    waits: boolean,
  ): Promise<(Candidate | LetheError)[]> {
    const opening = sources.map((source) => orRefusal(() => this.#candidate(role, source, waits)));
    const settled = await Promise.allSettled(opening);
    const candidates = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const accepted = candidates.flatMap((each) => (each instanceof LetheError ? [] : [each]));
    const endAll = (): void => {
      for (const { waiting } of accepted) waiting?.end();
    };
    try {
      const failed = settled.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
      if (waits) whenGone(context, endAll);
      if (accepted.length > 0) await this.options.log.publish(accepted.map(({ record }) => record));
      return candidates;
    } catch (error) {
      endAll();
      throw error;
    }
  }

  async #candidate(role: IngressRole, source: () => IncomingEvent, waits: boolean): Promise<Candidate> {
    const waitId = waits ? crypto.randomUUID() : undefined;
    const received = receive(role, source(), this.options, waitId);
    await this.options.examine?.(received.incoming);
    await refuseUncarried(received.record, this.options.log);
    const waiting = waitId === undefined ? undefined : await this.#wait(received.incoming, waitId);
    return { ...received, waiting };
  }

  #wait({ role, message }: Incoming, waitId: string): Promise<Waiting<Result>> {
    if (role === 'commands') return this.waits.forCommand(message, waitId);
    return this.waits.forAnswer(waitId);
  }
}

/** A refusal is the message's own; what may pass, or was not expected, is that of the whole request. */
async function orRefusal<T>(work: () => Promise<T>): Promise<T | LetheError> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LetheError && !error.retriable) return error;
    throw error;
  }
}

/** What comes of a message until then. */
async function known(waiting: Waiting<Result>, until: number): Promise<Outcome<Result> | undefined> {
  const timer = setTimeout(() => waiting.end(), until - performance.now());
  try {
    return await waiting.outcome;
  } finally {
    clearTimeout(timer);
  }
}

function oneAnswer(context: Context, result: Entered | LetheError, wait: WaitFor | undefined): Response {
  if (result instanceof LetheError) throw result;
  const { id, outcome } = result;
  if (wait) context.header('preference-applied', wait.applied);
  if (!outcome) return context.json({ id }, 202);
  return 'refusal' in outcome ? refuse(context, outcome.refusal) : context.json(outcome.result);
}

/** 200 where it is known what came of every message, 202 where some are only accepted. */
function manyAnswers(context: Context, results: readonly BatchItem[], wait: WaitFor | undefined): Response {
  if (wait) context.header('preference-applied', wait.applied);
  const isKnown = results.every((item) => 'prediction' in item || 'error' in item);
  return context.json({ results }, isKnown ? 200 : 202);
}

function itemOf(result: Entered | LetheError, member: unknown): BatchItem {
  if (result instanceof LetheError) return refusedItem(idIn(member), result);
  const { id, outcome } = result;
  if (!outcome) return { id };
  if ('refusal' in outcome) return refusedItem(id, outcome.refusal);
  return { id, prediction: outcome.result as Prediction };
}

function refusedItem(id: string | undefined, refusal: LetheError): BatchItem {
  return { ...(id !== undefined && { id }), ...refusalBody(refusal.toJSON()) };
}
