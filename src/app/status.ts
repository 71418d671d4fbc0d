import { groupsOf } from '../domain/groups.js';
import type { KnownHolder } from '../domain/holders.js';
import type { ModelKnowledge } from '../domain/status.js';
import { type UnannouncedSamples, unannounced } from '../knowledge/unannounced.js';
import type { Embedder } from '../model/embedder/embedder.js';
import type { Context } from '../streams/context.js';
import type { LetheConfig } from './config/schema.js';

/** What `lethe status` shows. */
export interface Status extends ModelKnowledge {
  /** Stored samples of classes that no learn command named; unlearned or erased by the class's name, they go. */
  readonly unannounced: readonly UnannouncedSamples[];
  /** Folders of workers that may hold copies of models, as `lethe workers` lists them. */
  readonly workers: readonly KnownHolder[];
  /** Records written and not yet settled, by topic. */
  readonly lag: Readonly<Record<string, number>>;
}

/** The state of a processor at this moment. */
export async function statusOf({
  config,
  context,
  embedder,
}: {
  readonly config: LetheConfig;
  readonly context: Context;
  readonly embedder: Pick<Embedder, 'name' | 'dimension' | 'takes'>;
}): Promise<Status> {
  const { store, current } = context;
  const snapshot = store.registry.snapshot();
  const [cil, mu, lag] = await Promise.all([
    store.vectors.count({ database: 'cil' }),
    store.vectors.count({ database: 'mu' }),
    lagOf(context),
  ]);
  const classes = [...snapshot.classes.values()].map(async ({ name, state, task }) => ({
    name,
    state,
    task,
    vectors: await store.vectors.count({ classes: [name] }),
  }));
  const model = current.value;
  return {
    name: config.model.name,
    embedder: embedder.name,
    dimension: embedder.dimension,
    takes: embedder.takes ?? 'images',
    model: model && { version: model.version, classes: model.classes, backend: model.backend },
    registryVersion: snapshot.version,
    classes: await Promise.all(classes),
    databases: { cil, mu },
    unannounced: await unannounced(store),
    workers: await store.holders.list(),
    lag,
  };
}

/** Unsettled records of each topic that the processor reads. */
export async function lagOf({ log, topics }: Context): Promise<Record<string, number>> {
  const readers = [
    [topics.samples, groupsOf(topics).learning],
    [topics.commands, groupsOf(topics).commands],
    [topics.queries, groupsOf(topics).inference],
  ] as const;
  const entries = readers.map(async ([topic, group]) => [topic, await log.lag(group, [topic])] as const);
  return Object.fromEntries(await Promise.all(entries));
}
