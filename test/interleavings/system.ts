import { setImmediate } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { delegating } from '../../src/adapters/delegating.js';
import type { EventLog } from '../../src/adapters/eventLog.js';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import { decodeEvent, encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import { groupsOf } from '../../src/domain/groups.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { LetheEvent } from '../../src/domain/messages/event.js';
import type { ModelVersion } from '../../src/domain/messages/model.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import type { Classifier } from '../../src/model/classifier.js';
import type { Rebuilder, Trainer, TrainingTask } from '../../src/model/trainer.js';
import { PATCH_DIMENSION } from '../support/patchEmbedder.js';
import { around, memoryLog, noCopies, type Processing, startProcessing } from '../support/processing.js';
import { pass } from './virtualTime.js';

/** What happened by itself: work that began with so many vectors of each class, or an event that was written. */
export type Entry =
  | { readonly kind: 'begun'; readonly name: string; readonly counts: ReadonlyMap<string, number> }
  | { readonly kind: 'event'; readonly event: LetheEvent };

interface Made {
  readonly name: string;
  readonly classes: readonly string[];
}

interface Held {
  readonly name: string;
  readonly go: () => void;
  readonly fail: () => void;
}

/** What processes work on, one after the other. */
export interface Ground {
  readonly store: KnowledgeStore;
  readonly log?: EventLog;
  /** Done before each process but the first: what the one before did not keep is gone. */
  readonly reopen?: () => void;
}

/** One process: what it asks of the store and the log after its crash never happens. */
interface Incarnation {
  dead: boolean;
  /** Operations until it crashes. */
  left: number;
}

const AXES: Readonly<Record<string, number>> = { a: 0, b: 4, c: 8 };
/** Rounds without anything new after which nothing is under way. */
const QUIET_ROUNDS = 2;
/** Turns of the event loop in a round; between two operations there are promises alone, which one turn ends. */
const TURNS = 3;
/** Far more operations than a step takes. */
const MOST_OPERATIONS = 100_000;
/** No task is given up here because its samples do not come. */
const NEVER_MS = 2 ** 31 - 1;

/** Where samples of a class lie: at its own axis. */
export function vectorOf(id: string): Float32Array {
  const [name = '', index = ''] = id.split('-');
  return around(AXES[name] ?? 0, Number(index), PATCH_DIMENSION);
}

/**
 * The real processor, by default over the log in memory, with trainings that are held until they are let go, operations of the store and the
 * log that take a random while, and crashes between any two of them.
 */
export class System {
  readonly journal: Entry[] = [];
  readonly made = new Map<string, Made>();
  held: Held | null = null;
  readonly #log: EventLog;
  readonly #store: KnowledgeStore;
  readonly #reopen: () => void;
  readonly #random: () => number;
  /** Each process begins with the folder of the one before. */
  readonly #copies = noCopies();
  #incarnation: Incarnation = { dead: true, left: Number.POSITIVE_INFINITY };
  #processing: Processing;
  #operations = 0;
  #pending = 0;
  /** Told when no operation is under way any more. */
  #answer: () => void = () => undefined;

  constructor({ store, log = memoryLog(), reopen = () => undefined }: Ground, seed: number) {
    this.#store = store;
    this.#log = log;
    this.#reopen = reopen;
    const generator = xoroshiro128plus(seed);
    this.#random = () => (generator.next() >>> 0) / 2 ** 32;
    this.#processing = this.#started();
  }

  get store(): KnowledgeStore {
    return this.#store;
  }

  /** Whether the process has crashed and was not started again. */
  get isDown(): boolean {
    return this.#incarnation.dead;
  }

  get processing(): Processing {
    return this.#processing;
  }

  command(command: Command): Promise<void> {
    return this.#log.publish([encodeCommand(command, 'test', this.#processing.topics)]);
  }

  sample(id: string, label: string, task: string): Promise<void> {
    const subject = `person ${id.at(-1)}`;
    const payload = { kind: 'vector' as const, vector: vectorOf(id) };
    return this.#log.publish([encodeSample({ id, label, task, subject, payload }, this.#processing.topics)]);
  }

  query(id: string, vector: Float32Array): Promise<void> {
    return this.#log.publish([
      encodeQuery({ id, payload: { kind: 'vector', vector } }, this.#processing.topics),
    ]);
  }

  /** The process dies after so many further operations. */
  crashAfter(operations: number): void {
    this.#incarnation.left = operations;
  }

  crash(): void {
    this.#incarnation.dead = true;
    this.held = null;
    this.#processing.crash();
    this.#answer();
  }

  restart(): void {
    if (!this.#incarnation.dead) this.crash();
    this.#pending = 0;
    this.#reopen();
    this.#processing = this.#started();
  }

  /** Resolves when nothing is under way but what is held, and what waits for time to pass; or the process has crashed. */
  async settle(): Promise<void> {
    let quiet = 0;
    const begun = this.#operations;
    while (quiet < QUIET_ROUNDS && !this.isDown) {
      if (this.#operations - begun > MOST_OPERATIONS) throw new Error('it never comes to rest');
      const before = this.#operations;
      pass(1);
      for (let turn = 0; turn < TURNS; turn++) await setImmediate();
      await this.#answered();
      const isQuiet = this.#operations === before && (await this.#lag()) === 0;
      quiet = isQuiet ? quiet + 1 : 0;
    }
  }

  /** Lets time pass, and what waited for it happen. */
  async wait(ms: number): Promise<void> {
    pass(ms);
    await this.settle();
  }

  /** Of the choices that make one run differ from another. */
  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** Lets everything end, and stops. */
  async end(): Promise<void> {
    this.#incarnation.left = Number.POSITIVE_INFINITY;
    if (!this.isDown) this.crash();
    await this.#log.close();
  }

  /** Resolves when no operation is under way, or the process has crashed. */
  async #answered(): Promise<void> {
    while (this.#pending > 0 && !this.isDown)
      await new Promise<void>((resolve) => {
        this.#answer = resolve;
      });
  }

  async #lag(): Promise<number> {
    const { topics } = this.#processing;
    const groups = groupsOf(topics);
    const lags = await Promise.all([
      this.#log.lag(groups.commands, [topics.commands]),
      this.#log.lag(groups.learning, [topics.samples]),
      this.#log.lag(groups.inference, [topics.queries]),
    ]);
    return lags.reduce((sum, lag) => sum + lag, 0);
  }

  #started(): Processing {
    const incarnation: Incarnation = { dead: false, left: Number.POSITIVE_INFINITY };
    this.#incarnation = incarnation;
    const store = this.#slow(this.#store, incarnation);
    const log = delegating(this.#log, {
      settle: (group, settled) =>
        this.#operation(incarnation, async () => {
          const lost = await this.#log.settle(group, settled);
          for (const { outputs } of settled) this.#note(outputs);
          return lost;
        }),
      publish: (records) =>
        this.#operation(incarnation, async () => {
          await this.#log.publish(records);
          this.#note(records);
        }),
    });
    const trainer = this.#trainer(incarnation);
    const load = async ({ version, classes }: ModelVersion): Promise<Classifier> =>
      classifier(version, classes);
    const settings = { taskTimeoutMs: NEVER_MS };
    const training = { trainer, load, trained: [] };
    return startProcessing({ log, store, settings, copies: this.#copies, training });
  }

  #note(records: readonly OutgoingRecord[]): void {
    for (const record of records) {
      if (record.topic !== this.#processing.topics.events) continue;
      const event = decodeEvent({ ...record, partition: 0, offset: 0n, timestamp: 0 });
      this.journal.push({ kind: 'event', event });
    }
  }

  async #operation<T>(incarnation: Incarnation, work: () => Promise<T>): Promise<T> {
    if (incarnation.dead) return never();
    this.#operations++;
    this.#pending++;
    try {
      await this.#pause();
      if (incarnation.dead) return await never();
      const result = await work();
      if (incarnation.left-- <= 0 && !incarnation.dead) this.crash();
      if (incarnation.dead) return await never();
      await this.#pause();
      return result;
    } finally {
      if (!incarnation.dead && --this.#pending === 0) this.#answer();
    }
  }

  async #pause(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 3); turns > 0; turns--) await setImmediate();
  }

  #slow({ vectors, registry, ...store }: KnowledgeStore, incarnation: Incarnation): KnowledgeStore {
    const slowly = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          if (name === 'snapshot' || name === 'onlyVerified') return value.bind(target);
          if (name === 'scan')
            return (...words: unknown[]) => this.#scanned(incarnation, value.apply(target, words));
          return (...words: unknown[]) => this.#operation(incarnation, () => value.apply(target, words));
        },
      });
    const history = store.history && slowly(store.history);
    return { ...portOf(slowly(store)), history, vectors: slowly(vectors), registry: slowly(registry) };
  }

  /** The same pages, each of which is an operation: a scan that waits for a page is under way. */
  async *#scanned<T>(incarnation: Incarnation, pages: AsyncIterable<T>): AsyncGenerator<T> {
    const iterator = pages[Symbol.asyncIterator]();
    try {
      for (;;) {
        const page = await this.#operation(incarnation, () => iterator.next());
        if (page.done) return;
        yield page.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  /** Makes models that are no more than lists of classes, on top of the one that the registry names. */
  #trainer(incarnation: Incarnation): Trainer & Rebuilder {
    const make = async (task: TrainingTask, on: readonly string[]): Promise<ModelVersion> => {
      const counts = task.classes.map(
        (name, index) => [name, task.labels.filter((label) => label === index).length] as const,
      );
      this.journal.push({ kind: 'begun', name: task.task, counts: new Map(counts) });
      await this.#hold(task.task, incarnation);
      const version = `v${this.made.size + 1}`;
      const classes = [...on, ...task.classes];
      this.made.set(version, { name: task.task, classes });
      return {
        version,
        task: task.task,
        classes,
        checkpoint: `memory:${version}`,
        sha256: '0'.repeat(64),
        dimension: PATCH_DIMENSION,
        backend: 'lists',
      };
    };
    return {
      backend: 'lists',
      train: (task) => make(task, this.#store.registry.snapshot().model?.classes ?? []),
      rebuild: (task) => make(task, []),
      adopt: () => undefined,
      close: async () => undefined,
    };
  }

  #hold(name: string, incarnation: Incarnation): Promise<void> {
    if (incarnation.dead) return never();
    return new Promise((resolve, reject) => {
      const over = (end: () => void) => () => {
        this.held = null;
        end();
      };
      this.held = {
        name,
        go: over(resolve),
        fail: over(() => reject(new Error(BROKEN))),
      };
    });
  }
}

/** What a training that is made to fail says. */
export const BROKEN = 'it broke';
/** One of its own for each: a promise that never ends keeps all that wait for it. */
const never = (): Promise<never> => new Promise(() => undefined);

/** The functions of a store, which spreading a proxy does not call through it. */
function portOf(store: Omit<KnowledgeStore, 'vectors' | 'registry'>) {
  const { lease, holders, migrate, insert, withdraw, detector, rewriteFiles, ready, close } = store;
  return { lease, holders, migrate, insert, withdraw, detector, rewriteFiles, ready, close };
}

/** Takes an input for the class at whose axis it lies, if the model knows that. */
function classifier(version: string, classes: readonly string[]): Classifier {
  return {
    version,
    classes,
    dimension: PATCH_DIMENSION,
    backend: 'lists',
    logits: async (vectors) =>
      Float32Array.from({ length: (vectors.length / PATCH_DIMENSION) * classes.length }, (_, i) => {
        const row = Math.floor(i / classes.length) * PATCH_DIMENSION;
        return 10 * (vectors[row + (AXES[classes[i % classes.length] ?? ''] ?? 0)] ?? 0);
      }),
    dispose: () => undefined,
  };
}
