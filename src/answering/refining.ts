import { isDeepStrictEqual } from 'node:util';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import type { FilterLevel, RegistrySnapshot } from '../domain/classes.js';
import { sidesOf } from '../knowledge/detectors.js';
import type { Assessment } from '../model/answer/answer.js';
import { type Calibration, calibrate } from '../model/filter/calibrate.js';
import { isUnlearned, type UnlearnedFilter } from '../model/filter/filter.js';
import { advantage } from '../model/filter/linear/detector.js';
import type { Ready } from './detecting.js';
import type { Screen } from './screen.js';
import { leftOutSimilarities } from './similarities.js';

/** As events and the registry name it. */
export const REFINED = 'linear+knn';
/** Share of held-out vectors, those nearest to the level, within whose distance inputs are searched for. */
const SEARCHED = 0.2;

type Levelled = Calibration & Required<Pick<FilterLevel, 'refinement'>>;

/** The second look of the filter: inputs near the level of the detector are searched for, and both scores decide. */
export interface Refining {
  /** Decides anew what lies near the level; nothing while its own level is one of other classes. */
  refine(
    vectors: readonly Float32Array[],
    linear: readonly Assessment[],
    ready: Ready,
    snapshot: RegistrySnapshot,
  ): Promise<readonly Assessment[]>;
  /** Finds its level, and notes it. Null where there is nothing to find it with, or where a class changed meanwhile. */
  calibrate(ready: Ready): Promise<Calibration | null>;
}

export interface RefiningOptions {
  /** Finds the similarities of an input. */
  readonly search: Screen;
  /** Whose score is joined to the detector's. */
  readonly filter: UnlearnedFilter;
  readonly specificity: number;
  /** Held-out vectors of each side at most. */
  readonly heldOut: number;
}

export function createRefining(
  store: KnowledgeStore,
  { search, filter, specificity, heldOut }: RefiningOptions,
): Refining {
  return {
    async refine(vectors, linear, { basis }, { filterLevel }) {
      const refinement = filterLevel?.filter === REFINED ? filterLevel.refinement : undefined;
      if (!filterLevel || refinement?.basis !== basis) return linear;
      const near = [...linear.keys()].filter((index) => isNear(linear[index]?.margin, refinement.band));
      if (near.length === 0) return linear;
      const found = await search.assess(near.map((index) => vectors[index] as Float32Array));
      const decided = [...linear];
      near.forEach((index, at) => {
        const { margin = 0 } = linear[index] as Assessment;
        const { unlearnedSimilarity: gone, remainingSimilarity: stays } = found[at] as Assessment;
        if (gone === null || stays === null) return;
        const beyond = margin + refinement.weight * (gone - stays) - filterLevel.level;
        decided[index] = {
          filtered: isUnlearned(beyond, 0),
          margin: beyond,
          unlearnedSimilarity: gone,
          remainingSimilarity: stays,
        };
      });
      return decided;
    },

    async calibrate(ready) {
      const levelled = levelOf(await leftOut(ready, store, filter, heldOut), ready.basis, specificity);
      if (!levelled) return null;
      const { level, refinement } = levelled;
      let isCurrent = false;
      await store.registry.update((now) => {
        isCurrent =
          now.detector === ready.sha256 && isDeepStrictEqual(sidesOf(ready.detector, now), ready.sides);
        return isCurrent ? { filterLevel: { filter: REFINED, level, refinement } } : null;
      });
      return isCurrent ? levelled : null;
    },
  };
}

/** The scores of a held-out vector, each as if it had been left out. */
interface LeftOut {
  readonly isUnlearned: boolean;
  /** By the detector, less its level. */
  readonly margin: number;
  /** By the search. */
  readonly searched: number;
}

async function leftOut(
  { detector, sides, calibration }: Ready,
  store: KnowledgeStore,
  filter: UnlearnedFilter,
  heldOut: number,
): Promise<LeftOut[]> {
  if (!calibration) return [];
  const { ids, places, scores } = detector.heldOut;
  const rowsOf = (side: readonly number[]): number[] => {
    const rows = [...places.keys()].filter((row) => side.includes(places[row] as number));
    const every = Math.max(1, rows.length / heldOut);
    return rows.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every));
  };
  const rows = [...rowsOf(sides.remaining), ...rowsOf(sides.unlearned)];
  const rowOfId = new Map(rows.map((row) => [ids[row] as string, row]));
  const records = await store.vectors.get([...rowOfId.keys()]);
  const found = await leftOutSimilarities(records, store, filter);
  return records
    .map(({ id }, index): LeftOut => {
      const row = rowOfId.get(id) as number;
      return {
        isUnlearned: sides.unlearned.includes(places[row] as number),
        margin: advantage(scores, row * detector.keys.length, sides) - calibration.level,
        searched: filter.score(found[index] as (typeof found)[number]),
      };
    })
    .filter(({ margin, searched }) => Number.isFinite(margin) && Number.isFinite(searched));
}

/** The level of the joint score; what lies beyond the band is decided by the detector alone, whatever the level is. */
function levelOf(all: readonly LeftOut[], basis: string, specificity: number): Levelled | null {
  const goes = all.filter(({ isUnlearned }) => isUnlearned);
  const stays = all.filter(({ isUnlearned }) => !isUnlearned);
  if (stays.length === 0 || goes.length === 0) return null;
  const weight = spread(stays.map(({ margin }) => margin)) / spread(stays.map(({ searched }) => searched));
  if (!Number.isFinite(weight)) return null;
  const distances = all.map(({ margin }) => Math.abs(margin)).sort((a, b) => a - b);
  const band = distances[Math.floor(SEARCHED * (distances.length - 1))] as number;
  const joint = ({ margin, searched }: LeftOut): number => margin + weight * searched;
  const beyond = 2 * Math.max(1, ...all.map((each) => Math.abs(joint(each))));
  const scoreOf = (each: LeftOut): number =>
    isNear(each.margin, band) ? joint(each) : Math.sign(each.margin) * beyond;
  const found = calibrate(stays.map(scoreOf), goes.map(scoreOf), specificity);
  // Above all: what the detector alone stops is too much already, which no search can make up for.
  return found.level > beyond ? null : { ...found, refinement: { weight, band, basis } };
}

function isNear(margin: number | undefined, band: number): boolean {
  return margin !== undefined && Math.abs(margin) <= band;
}

function spread(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
