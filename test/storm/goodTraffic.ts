import { bufferTime, concatMap, filter, type Subscription } from 'rxjs';
import { z } from 'zod';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { LogRecord, OutgoingRecord } from '../../src/domain/record.js';
import type { Random } from '../../src/model/ssre/random.js';
import { around } from '../support/processing.js';
import type { Model } from '../support/workersModel.js';
import { DIMENSION } from './draft.js';

/** Samples that each class is learned from. */
export const PER_CLASS = 30;
const SPACING = 10;
/** What the ids of queries and commands begin with. */
export const GOOD = 'good';

type ClassState = 'learned' | 'unlearned' | 'changing';

const predictionSchema = z.looseObject({
  queryId: z.string(),
  label: z.string(),
  probabilities: z.array(z.looseObject({ label: z.string() })),
});
const eventSchema = z.looseObject({
  kind: z.string(),
  commandId: z.string().optional(),
  task: z.string().optional(),
});
type Told = z.infer<typeof eventSchema>;

/** A query that waits for its answer. */
interface Waiting {
  readonly className: string;
  readonly sentAt: number;
}

/** Good queries and commands, what is expected of them, and what came. */
export class GoodTraffic {
  /** Answers that were wrong, commands that were refused. */
  readonly faults: string[] = [];
  /** Of answers, in milliseconds, in the order in which they came. */
  readonly latencies: number[] = [];
  readonly #waiting = new Map<string, Waiting>();
  /** By class: since when it is how. */
  readonly #states = new Map<string, { readonly state: ClassState; readonly at: number }>();
  readonly #told: Told[] = [];
  readonly #reading: readonly Subscription[];
  #sent = 0;

  constructor(
    private readonly model: Model,
    private readonly random: Random,
  ) {
    this.#reading = [
      this.#follow(model.topics.predictions, (record) => this.#answered(record)),
      this.#follow(model.topics.events, (record) => this.#event(record)),
    ];
  }

  /** Queries that were written and are not answered. */
  get outstanding(): number {
    return this.#waiting.size;
  }

  get answered(): number {
    return this.latencies.length;
  }

  /** Ids of some that wait longest. */
  get oldest(): string[] {
    return [...this.#waiting.keys()].slice(0, 5);
  }

  /** The next queries, about classes of which it is known how they are. */
  queries(count: number): OutgoingRecord[] {
    const names = [...this.#states.keys()];
    return Array.from({ length: count }, () => {
      const className = names[this.random.below(names.length)] ?? '';
      const id = `${GOOD}-${this.#sent++}-${className}`;
      // One that was learned from: so few samples teach the model nothing about others.
      const vector = vectorOf(className, this.random.below(PER_CLASS));
      this.#waiting.set(id, { className, sentAt: Date.now() });
      return encodeQuery({ id, truth: className, payload: { kind: 'vector', vector } }, this.model.topics);
    });
  }

  /** How a class is from now on. */
  mark(className: string, state: ClassState): void {
    this.#states.set(className, { state, at: Date.now() });
  }

  command(command: Command): OutgoingRecord {
    return encodeCommand(command, this.model.name, this.model.topics);
  }

  samples(task: string, classes: readonly string[]): OutgoingRecord[] {
    return classes.flatMap((label) =>
      Array.from({ length: PER_CLASS }, (_, index) => {
        const payload = { kind: 'vector' as const, vector: vectorOf(label, index) };
        return encodeSample({ id: `${label}-${index}`, label, task, payload }, this.model.topics);
      }),
    );
  }

  /** The event that ends a command, once it was read. */
  endOf({ id, ...command }: Command): Told | undefined {
    return this.#told.find((event) =>
      command.kind === 'learn' && event.commandId === undefined
        ? event.task === command.task && ['task-finished', 'task-failed'].includes(event.kind)
        : event.commandId === id,
    );
  }

  close(): void {
    for (const each of this.#reading) each.unsubscribe();
  }

  #follow(topic: string, take: (record: LogRecord) => void): Subscription {
    const { log } = this.model;
    const group = `storm-follows-${topic}`;
    return log
      .read({ topics: [topic], group, maxInFlight: 4096, from: 'earliest', transient: true })
      .pipe(
        bufferTime(50, null, 500),
        filter((records) => records.length > 0),
        concatMap(async (records) => {
          for (const record of records) take(record);
          await log.settle(
            group,
            records.map((input) => ({ input, outputs: [] })),
          );
        }),
      )
      .subscribe({ error: (error) => this.faults.push(`following ${topic} failed: ${error}`) });
  }

  #answered({ value }: LogRecord): void {
    const prediction = parsed(predictionSchema, value);
    const asked = prediction && this.#waiting.get(prediction.queryId);
    if (!asked) return;
    this.#waiting.delete(prediction.queryId);
    this.latencies.push(Date.now() - asked.sentAt);
    const { state, at } = this.#states.get(asked.className) ?? { state: 'changing', at: 0 };
    if (state === 'changing' || at > asked.sentAt) return;
    const { label, probabilities, queryId } = prediction;
    const named = [label, ...probabilities.map((each) => each.label)];
    if (state === 'learned' && label !== asked.className)
      this.faults.push(`${queryId} was answered ${label}: ${value.toString()}`);
    if (state === 'unlearned' && named.includes(asked.className))
      this.faults.push(`${queryId} was answered with a class that is unlearned: ${value.toString()}`);
  }

  #event({ value }: LogRecord): void {
    const event = parsed(eventSchema, value);
    if (event) this.#told.push(event);
  }
}

function vectorOf(className: string, index: number): Float32Array {
  const number = Number(className.slice(1));
  return around(SPACING * number, index, DIMENSION);
}

/** What anyone may have written is passed over. */
function parsed<S extends z.ZodType>(schema: S, value: Buffer): z.infer<S> | undefined {
  try {
    return schema.parse(JSON.parse(value.toString()));
  } catch {
    return undefined;
  }
}
