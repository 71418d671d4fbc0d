import { basename, dirname, join } from 'node:path';
import { Keys } from '../../src/adapters/redis/keys.js';
import { TOPIC_ROLES, type TopicRole } from '../../src/domain/topics.js';
import { knowsOneOf, MANIFEST_FILE, WEIGHTS_FILE } from '../../src/model/checkpoint/manifest.js';
import { PROGRESS_FOLDER } from '../../src/model/checkpoint/unfinished.js';
import { ByteSearch, type Needle } from './byteSearch.js';
import { filesIn, recordsIn, valuesIn } from './searchedPlaces.js';
import type { Model } from './workersModel.js';

/** What is looked for of a class that was erased. */
export type What = 'vectors' | 'detector' | 'weights' | 'name';

/** Kinds of places; a topic's files are those of the broker. */
export type Kind =
  | 'worker'
  | 'redis value'
  | 'redis file'
  | `topic ${TopicRole}`
  | `files of ${TopicRole}`
  | 'kafka file';

/**
 * What stays, as docs/forgetting.md says, by kind of place: topics keep their records for their retention; the name stays in the
 * registry, in what was told, and in the audit chain. In all other places nothing is left.
 */
const STAYS: Readonly<Partial<Record<TopicRole, readonly What[]>>> = {
  samples: ['vectors', 'name'],
  queries: ['vectors', 'name'],
  commands: ['name'],
  predictions: ['name'],
  events: ['name'],
  models: ['name'],
  audit: ['name'],
};
/** Keys of the registry after the model's prefix: what classes, tasks and models there were, and what came of commands. */
const REGISTRY = /^(?:class|task|model|receipt):|^(?:classes|tasks)$/;

/** Where something was found. */
export interface Found {
  readonly kind: Kind;
  readonly at: string;
  readonly needles: ReadonlySet<Needle>;
  /** What may be there. */
  readonly stays: readonly What[];
}

/** The places of a deployment. */
export interface Searched {
  readonly model: Model;
  readonly redis: { readonly url: string; readonly folder: string };
  readonly kafka: { readonly folder: string };
  /** Folder in which all workers have theirs. */
  readonly workers: string;
}

/** Looks in every file, every value of Redis and every topic. */
export async function search(needles: readonly Needle[], places: Searched): Promise<Found[]> {
  const { model, redis, kafka, workers } = places;
  const search = new ByteSearch(needles);
  const all: Found[] = [];
  const look = (kind: Kind, { at, bytes }: { at: string; bytes: Buffer }, stays: readonly What[]): void => {
    const needles = search.in(bytes);
    if (needles.size > 0) all.push({ kind, at, needles, stays });
  };
  for await (const place of filesIn(workers)) look('worker', place, []);
  for await (const place of filesIn(redis.folder)) look('redis file', place, ['name']);
  const { prefix } = new Keys(model.name);
  for await (const place of valuesIn(redis.url))
    look('redis value', place, REGISTRY.test(place.at.slice(prefix.length)) ? ['name'] : []);
  for await (const place of filesIn(kafka.folder)) {
    const role = TOPIC_ROLES.find((each) => place.at.startsWith(`data/${model.topics[each]}-`));
    look(role ? `files of ${role}` : 'kafka file', place, (role && STAYS[role]) ?? []);
  }
  for (const role of TOPIC_ROLES)
    for (const place of await recordsIn(model.log, model.topics[role]))
      look(`topic ${role}`, place, STAYS[role] ?? []);
  return all;
}

/**
 * What was found where it should not be: a line for each place.
 * @param waiting places where it is said to be still
 */
export function residueOf(found: readonly Found[], waiting: readonly Kind[] = []): string[] {
  return found.flatMap(({ kind, at, needles, stays }) => {
    if (waiting.includes(kind)) return [];
    const left = [...needles].map(({ what }) => what).filter((what) => !stays.some((each) => each === what));
    return left.length === 0 ? [] : [`${kind} ${at}: ${counted(left)}`];
  });
}

/** Which things were found in which kinds of places. */
export function kindsOf(found: readonly Found[]): Record<What, string[]> {
  const having = (what: What): string[] => {
    const kinds = found.filter(({ needles }) => [...needles].some((needle) => needle.what === what));
    return [...new Set(kinds.map(({ kind }) => kind))].sort();
  };
  return {
    vectors: having('vectors'),
    detector: having('detector'),
    weights: having('weights'),
    name: having('name'),
  };
}

function counted(all: readonly string[]): string {
  const kinds = [...new Set(all)];
  return kinds.map((kind) => `${kind} (${all.filter((each) => each === kind).length})`).join(', ');
}

/** The numbers of models that lie in workers' folders. */
export interface Weights {
  /** Of models that know the class, and what trainings saved on their way, which is taken to know it. */
  readonly knowing: readonly Buffer[];
  readonly others: readonly Buffer[];
}

export async function weightsIn(workers: string, className: string): Promise<Weights> {
  const files = new Map<string, Buffer>();
  for await (const { at, bytes } of filesIn(workers)) files.set(at, bytes);
  const knowing: Buffer[] = [];
  const others: Buffer[] = [];
  for (const [at, bytes] of files) {
    const isProgress = basename(dirname(at)) === PROGRESS_FOLDER;
    if (!isProgress && basename(at) !== WEIGHTS_FILE) continue;
    const manifest = files.get(join(dirname(at), MANIFEST_FILE));
    const knows = manifest === undefined || knowsOneOf(manifest, [className]);
    (knows ? knowing : others).push(bytes);
  }
  return { knowing, others };
}

/** Needles of the class's models, without what they share with models that never knew it: a row of another class, say. */
export function ofTheClassAlone(weights: readonly Needle[], { others }: Weights): Needle[] {
  const search = new ByteSearch(weights);
  const shared = new Set(others.flatMap((bytes) => [...search.in(bytes)]));
  return weights.filter((needle) => !shared.has(needle));
}
