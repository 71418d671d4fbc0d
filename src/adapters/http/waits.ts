import { decodeEvent, decodePrediction, idOf, labelOf, taskOf } from '../../domain/cloudEvents.js';
import { commandEnd } from '../../domain/commandEnd.js';
import { revived, toLetheError } from '../../domain/errors.js';
import type { Command } from '../../domain/messages/command.js';
import type { LetheEvent } from '../../domain/messages/event.js';
import type { Prediction } from '../../domain/messages/prediction.js';
import { readOr } from '../../domain/readOr.js';
import { reasonOf } from '../../domain/reasonOf.js';
import type { LogRecord } from '../../domain/record.js';
import type { Topics } from '../../domain/topics.js';
import type { Followers } from './followers.js';
import { Listened } from './listened.js';
import type { CommandResult, Outcome, RefusedSample } from './outcome.js';
import { Places } from './places.js';

/** A request that waits for what comes of a message. */
export interface Waiting<T> {
  /** Undefined where waiting was ended, or what is read for it: the message stays in the log, and will be dealt with. */
  readonly outcome: Promise<Outcome<T> | undefined>;
  /** Ends the waiting; may be called often. */
  end(): void;
}

type Awaited = 'predictions' | 'events' | 'dead-letters';
/** What is looked for in one topic; `found` ends the waiting. */
interface Sought<T> {
  readonly role: Awaited;
  readonly waitId?: string;
  look(record: LogRecord, found: (outcome: Outcome<T>) => void): void;
}

const REFUSALS_SHOWN = 100;

/**
 * All requests that wait for what comes of their messages. Whoever answers writes it to a topic: so it does not matter which worker
 * does. Each is found by its own id ({@link WAIT_ID}); one record has one outcome, the first that is written.
 */
export class Waits {
  readonly #places: Places;
  readonly #listened = new Map<Awaited, Listened>();

  /** @param waiters messages that may be waited for at a time */
  constructor(
    private readonly followers: Pick<Followers, 'seat'>,
    private readonly topics: Topics,
    waiters: number,
  ) {
    this.#places = new Places('http.waiters', waiters);
  }

  /** How many messages are waited for now. */
  get waiting(): number {
    return this.#places.taken;
  }

  /**
   * Waits for the answer to a query. Once this resolves, nothing that is written afterwards is missed.
   * @throws LetheError `overloaded`, retriable, where as many wait as may; what reading the topics fails with
   */
  forAnswer(waitId: string): Promise<Waiting<Prediction>> {
    return this.#wait<Prediction>([
      {
        role: 'predictions',
        waitId,
        look: (record, found) => {
          const result = readOr(() => decodePrediction(record));
          if (result) found({ result });
        },
      },
      letterOf(waitId),
    ]);
  }

  /** Likewise for the event that ends a command, and for the end of a task where it is to be learned. */
  forCommand(command: Command, waitId: string): Promise<Waiting<CommandResult>> {
    const end = commandEnd(command);
    const refusals: RefusedSample[] = [];
    const events: Sought<CommandResult> = {
      role: 'events',
      look: (record, found) => {
        const event = readOr(() => decodeEvent(record));
        const ended = event && end(event);
        if (!ended) return;
        if ('refused' in ended) found({ refusal: revived(ended.refused) });
        else found({ result: learned(command, ended.done, ended.stored, refusals) ?? ended.done });
      },
    };
    if (command.kind !== 'learn') return this.#wait([events, letterOf(waitId)]);
    const samples: Sought<CommandResult> = {
      role: 'dead-letters',
      look: (record) => {
        if (refusals.length < REFUSALS_SHOWN && taskOf(record) === command.task)
          refusals.push(...refusedSample(record));
      },
    };
    return this.#wait([events, letterOf(waitId), samples]);
  }

  async #wait<T>(sought: readonly Sought<T>[]): Promise<Waiting<T>> {
    const leave = this.#places.take();
    const removals: (() => void)[] = [];
    let resolve: (outcome: Outcome<T> | undefined) => void = () => undefined;
    const outcome = new Promise<Outcome<T> | undefined>((resolved) => {
      resolve = resolved;
    });
    let isOver = false;
    const end = (ended?: Outcome<T>): void => {
      isOver = true;
      for (const remove of removals.splice(0)) remove();
      leave();
      resolve(ended);
    };
    // At the same time: over Kafka each may take seconds.
    const adding = sought.map(({ role, waitId, look }) =>
      this.#listen(role).add({
        ...(waitId !== undefined && { waitId }),
        heard: (record) => look(record, end),
        lost: () => end(),
      }),
    );
    const added = await Promise.allSettled(adding);
    for (const each of added) if (each.status === 'fulfilled') removals.push(each.value);
    const failed = added.find((each) => each.status === 'rejected');
    // Also where one was lost while another was being added.
    if (failed || isOver) end();
    if (failed) throw toLetheError(failed.reason);
    return { outcome, end: () => end() };
  }

  #listen(role: Awaited): Listened {
    const known = this.#listened.get(role);
    if (known) return known;
    const listened = new Listened(() => this.followers.seat(this.topics[role]));
    this.#listened.set(role, listened);
    return listened;
  }
}

/** The dead letter that the request's own message became. */
function letterOf(waitId: string): Sought<never> {
  return {
    role: 'dead-letters',
    waitId,
    look: (record, found) => {
      const refusal = reasonOf(record);
      if (refusal) found({ refusal });
    },
  };
}

function learned(
  command: Command,
  event: LetheEvent,
  stored: number | undefined,
  refusals: readonly RefusedSample[],
): CommandResult | undefined {
  if (command.kind !== 'learn' || event.kind !== 'task-finished') return undefined;
  const { classes, samples } = command;
  const kept = stored ?? samples;
  const refused = Math.max(0, samples - kept);
  return { ...event, classes, samples, stored: kept, refused, refusals: [...refusals] };
}

function refusedSample(record: LogRecord): RefusedSample[] {
  const reason = reasonOf(record);
  if (!reason) return [];
  const { code, message, remedy } = reason;
  const [id, label] = [idOf(record), labelOf(record)];
  return [{ ...(id !== undefined && { id }), ...(label !== undefined && { label }), code, message, remedy }];
}
