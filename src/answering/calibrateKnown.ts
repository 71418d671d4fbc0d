import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { meanOfNearest, type UnlearnedFilter } from '../model/filter/filter.js';
import { leaveOneOut } from './similarities.js';

/** How inputs that resemble nothing in the databases are detected. */
export interface KnownOptions {
  /** Share of inputs of known classes, learned or unlearned, that must not count as unknown. */
  readonly share: number;
  /** Held-out vectors of each database at most. */
  readonly heldOut: number;
  readonly seed: number;
}

/**
 * The similarity below which an input is unknown, chosen so that the given share of held-out vectors of both
 * databases lies above it. The similarity of a vector is the mean over its k nearest, in the database where it is
 * higher. Stored in the registry.
 * @returns null if there is nothing to calibrate on
 */
export async function calibrateKnown(
  store: KnowledgeStore,
  filter: UnlearnedFilter,
  { share, ...heldOut }: KnownOptions,
): Promise<Extract<LetheEvent, { kind: 'known-calibrated' }> | null> {
  const started = performance.now();
  const found = (await leaveOneOut(store, { ...filter, usesRemaining: true }, heldOut)).flat();
  const similarities = found
    .map(({ unlearned, remaining }) =>
      Math.max(
        ...[unlearned, remaining]
          .filter(({ length }) => length > 0)
          .map((all) => meanOfNearest(all, filter.k)),
      ),
    )
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  const level = similarities[Math.floor((1 - share) * similarities.length)];
  if (level === undefined) return null;
  await store.registry.update(() => ({ knownLevel: level }));
  return {
    kind: 'known-calibrated',
    level,
    share,
    vectors: similarities.length,
    ms: performance.now() - started,
  };
}
