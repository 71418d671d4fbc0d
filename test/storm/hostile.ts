import { TOPIC_ROLES, type TopicRole } from '../../src/domain/topics.js';
import type { Random } from '../../src/model/ssre/random.js';
import type { Model } from '../support/workersModel.js';
import { DAMAGES, type Damage } from './damage.js';
import { draftOf, foreignRecord, toRaw } from './draft.js';
import type { Pictures } from './pictures.js';
import type { Labelled } from './writer.js';

/** How many of a hundred hostile records go where. Commands are carried out one by one. */
const SHARES: Readonly<Record<TopicRole, number>> = {
  samples: 24,
  commands: 8,
  queries: 32,
  predictions: 8,
  events: 8,
  models: 6,
  'dead-letters': 8,
  audit: 6,
};
const TWICE_DAMAGED = 5;

/** What the generator draws from. */
export interface HostileOptions {
  readonly model: Model;
  readonly random: Random;
  readonly pictures: Pictures;
  /** Classes that samples may name although they are learned. */
  readonly taken: readonly string[];
  readonly topicBytes: ReadonlyMap<TopicRole, number>;
  readonly only?: readonly string[] | undefined;
}

/** Makes hostile records, one after the other: each is whole at first, and then damaged once, or at times twice. */
export class Hostile {
  readonly #options: HostileOptions;
  readonly #damages: readonly Damage[];
  #serial = 0;

  constructor(options: HostileOptions) {
    this.#options = options;
    const { only } = options;
    this.#damages = only ? DAMAGES.filter(({ name }) => only.some((part) => name.includes(part))) : DAMAGES;
    if (this.#damages.length === 0) throw new Error(`no damage is named ${only?.join(' or ')}`);
  }

  /** The next so many. */
  some(count: number): Labelled[] {
    return Array.from({ length: count }, () => this.next(this.#role()));
  }

  /** The next one, for a topic. */
  next(role: TopicRole): Labelled {
    const { model, random, pictures, taken, topicBytes } = this.#options;
    const serial = this.#serial++;
    const { topics, name: modelName } = model;
    const draft = draftOf(foreignRecord(role, { topics, modelName, taken }, random, serial));
    const drawn = [this.#damage(role)];
    if (random.below(TWICE_DAMAGED) === 0) drawn.push(this.#damage(role));
    for (const damage of drawn)
      damage.apply(draft, { random, serial, role, pictures, topicBytes: topicBytes.get(role) ?? 1_048_588 });
    const kind = drawn.map(({ name }) => name).join(' + ');
    return { role, kind, record: toRaw(draft), alone: drawn.some(({ alone }) => alone) };
  }

  #role(): TopicRole {
    return drawn(TOPIC_ROLES, (role) => SHARES[role], this.#options.random);
  }

  #damage(role: TopicRole): Damage {
    const fitting = this.#damages.filter(({ roles }) => roles === undefined || roles.includes(role));
    return drawn(fitting.length > 0 ? fitting : DAMAGES, ({ weight }) => weight, this.#options.random);
  }
}

/** One of them, as often as its weight says. */
function drawn<T>(all: readonly T[], weight: (each: T) => number, random: Random): T {
  const total = all.reduce((sum, each) => sum + weight(each), 0);
  let left = (random.below(1_000_000) / 1_000_000) * total;
  const found = all.find((each) => {
    left -= weight(each);
    return left < 0;
  });
  const last = found ?? all.at(-1);
  if (last === undefined) throw new Error('there is nothing to draw from');
  return last;
}
