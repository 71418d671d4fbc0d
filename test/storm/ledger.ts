import type { LogRecord } from '../../src/domain/record.js';
import type { TopicRole } from '../../src/domain/topics.js';
import { committed } from '../support/committedValues.js';
import type { Model } from '../support/workersModel.js';
import { ABORTED } from './compressed.js';
import { GOOD } from './goodTraffic.js';
import {
  ASKED_ROLES,
  type Asked,
  type AskedRole,
  type Came,
  counted,
  type Finding,
  judged,
  type Letter,
} from './verdict.js';

/** What came of everything that was written. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** Number of records by topic, kind and outcome. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly asked: number;
}

/** Events that tell what came of a command; each command has one of them. */
const ENDS = new Set([
  ...['unlearned', 'relearned', 'samples-unlearned', 'erase-accepted'],
  ...['command-rejected', 'command-ignored', 'task-announced'],
]);

/**
 * The book of everything that was written, and of what came of it. Records are looked up in the log itself, since a sender
 * does not always hear what became of a batch.
 */
export class Ledger {
  readonly #kinds = new Map<string, string>();
  readonly #asked = new Map<string, Asked>();
  /** Places of refused records, with their reasons, by the places of their dead letters. */
  readonly #letters = new Map<string, Letter>();
  /** How often a topic was made anew: positions begin again then. */
  readonly #lives = new Map<TopicRole, number>();

  constructor(private readonly model: Model) {}

  /** Records were written to a partition, from an offset on. */
  wrote(role: TopicRole, partition: number, from: bigint, kinds: readonly string[]): void {
    kinds.forEach((kind, index) => {
      this.#kinds.set(this.#place(role, partition, from + BigInt(index)), kind);
    });
  }

  /** Reads what a topic holds now, and the dead letters, before records of it are deleted. All of them are dealt with. */
  async readBack(role: AskedRole): Promise<void> {
    const { model } = this;
    const found = await this.#read(role, (record) => ({
      partition: record.partition,
      offset: record.offset,
      // As Lethe tells of it: in the normal form.
      id: record.headers.ce_id?.normalize('NFC') || undefined,
    }));
    for (const { partition, offset, id } of found) {
      const place = this.#place(role, partition, offset);
      this.#asked.set(place, { role, place, id, kind: this.#kinds.get(place) ?? 'unknown' });
    }
    const roles = new Map(ASKED_ROLES.map((each) => [model.topics[each], each]));
    const letters = await this.#read('dead-letters', ({ partition, offset, headers }) => ({
      at: `${partition}/${offset}`,
      role: roles.get(headers['lethe-topic'] ?? ''),
      partition: headers['lethe-partition'],
      offset: headers['lethe-offset'],
      reason: headers['lethe-reason'] ?? '',
    }));
    for (const { at, role: of, partition, offset, reason } of letters) {
      if (of === undefined || this.#letters.has(at)) continue;
      this.#letters.set(at, { at, of: this.#place(of, partition, offset), reason });
    }
  }

  /** Ids that a topic holds. */
  idsIn(role: AskedRole): Set<string> {
    return new Set(
      [...this.#asked.values()].flatMap((asked) =>
        asked.role === role && asked.id !== undefined ? [asked.id] : [],
      ),
    );
  }

  /** The topic is deleted and made anew; it was read back. */
  begunAnew(role: TopicRole): void {
    this.#lives.set(role, this.#life(role) + 1);
  }

  /**
   * Compares what was asked with what came of it. Everything was read back.
   * @param stored ids of the samples in the databases
   */
  async verdict(stored: ReadonlySet<string>): Promise<Verdict> {
    const answers = await this.#answers();
    const came: Came = { stored, answers, letters: [...this.#letters.values()], ends: await this.#ends() };
    const asked = [...this.#asked.values()];
    const { findings, outcomes } = judged(asked, came);
    const known = this.idsIn('queries');
    const undue = [...answers.keys()]
      .filter((id) => (id.startsWith(GOOD) || id === ABORTED) && !known.has(id))
      .map((id): Finding => {
        const nowhere = { role: 'queries', place: '?', kind: '?' } as const;
        return { ...nowhere, id, problem: 'answered, never asked' };
      });
    return { findings: [...findings, ...undue], outcomes, asked: asked.length };
  }

  async #answers(): Promise<Map<string, number>> {
    const ids = await this.#read('predictions', ({ value }) => field(value, 'queryId'));
    return counted(ids.filter((id) => id !== undefined));
  }

  async #ends(): Promise<Map<string, number>> {
    const events = await this.#read('events', ({ value }) => ({
      kind: field(value, 'kind') ?? '',
      id: field(value, 'commandId'),
    }));
    const told = events.filter(({ kind }) => ENDS.has(kind));
    return counted(told.map(({ id }) => id).filter((id) => id !== undefined));
  }

  #read<T>(role: TopicRole, of: (record: LogRecord) => T): Promise<T[]> {
    const { log, broker, topics } = this.model;
    return committed(log, { broker, topic: topics[role] }, of);
  }

  #life(role: TopicRole): number {
    return this.#lives.get(role) ?? 0;
  }

  #place(
    role: TopicRole,
    partition: number | string | undefined,
    offset: bigint | string | undefined,
  ): string {
    const life = this.#life(role);
    return `${role}${life === 0 ? '' : `(${life})`}/${partition}/${offset}`;
  }
}

/** A text in an object of JSON; forged records hold anything. */
function field(value: Buffer, name: string): string | undefined {
  if (value.length > 1e6) return undefined;
  try {
    const parsed: unknown = JSON.parse(value.toString());
    const found = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, name) : undefined;
    return typeof found === 'string' ? found.normalize('NFC') : undefined;
  } catch {
    return undefined;
  }
}
