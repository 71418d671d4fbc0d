import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { type ClassState, classesIn, type RegistrySnapshot, SUPPRESSED } from '../domain/classes.js';
import type { LetheEvent } from '../domain/messages/event.js';
import { stacked } from '../domain/vector.js';
import type { Assessment } from '../model/answer/answer.js';
import { calibrate } from '../model/filter/calibrate.js';
import {
  isUnlearned,
  meanOfNearest,
  type Similarities,
  type UnlearnedFilter,
} from '../model/filter/filter.js';
import { leaveOneOut, similarities } from './similarities.js';

type Calibrated = Extract<LetheEvent, { kind: 'filter-calibrated' }>;

/** A message with what the filter found for its vector. */
export type Assessed<T> = T & { readonly assessment: Assessment };

/** The filter at work: asks the databases, decides at the calibrated level. */
export interface Screen {
  /** One assessment for each unit vector. Where DB-MU is empty nothing is asked and nothing filtered. */
  assess(vectors: readonly Float32Array[]): Promise<readonly Assessment[]>;
  /**
   * Calibrates on held-out vectors of the databases. Returns null, and keeps the level, if one of them is empty, if
   * calibration is off, and if a class changed sides meanwhile (that change requests its own calibration).
   */
  calibrate(): Promise<Calibrated | null>;
  /**
   * Fetches what assessments need, and drops what was deleted; called regularly.
   * @returns whether everything exists; otherwise a calibration makes it
   */
  keepUp(): Promise<boolean>;
}

/** How the filter is calibrated. */
export interface ScreenOptions {
  readonly filter: UnlearnedFilter;
  /** Wanted specificity; null keeps the filter's initial level, as in the paper. */
  readonly specificity: number | null;
  /** Held-out vectors of each database at most. */
  readonly heldOut: number;
  readonly seed: number;
  /** Whether the similarity to DB-CIL is always computed: it decides what is unknown. */
  readonly familiarity?: boolean;
}

export function createScreen(store: KnowledgeStore, options: ScreenOptions): Screen {
  const { filter, specificity, familiarity = false } = options;
  const asked = { ...filter, usesRemaining: filter.usesRemaining || familiarity };

  /** The level that was calibrated last, by whichever worker. */
  const levelIn = ({ filterLevel }: RegistrySnapshot): number =>
    specificity !== null && filterLevel?.filter === filter.name ? filterLevel.level : filter.initialLevel;

  const assessment = (found: Similarities, level: number): Assessment => ({
    filtered: isUnlearned(filter.score(found), level),
    unlearnedSimilarity: summary(found.unlearned, filter),
    remainingSimilarity: asked.usesRemaining ? summary(found.remaining, filter) : null,
  });

  return {
    async assess(vectors) {
      const snapshot = await store.registry.refresh();
      if (!familiarity && classesIn(snapshot, ...SUPPRESSED).length === 0)
        return vectors.map(() => NOTHING_UNLEARNED);
      const found = await similarities(stacked(vectors, store.vectors.dimension), store, asked);
      const level = levelIn(snapshot);
      return found.map((each) => assessment(each, level));
    },

    async calibrate() {
      if (specificity === null) return null;
      const started = performance.now();
      const before = division(await store.registry.refresh());
      if ((await store.vectors.count({ database: 'mu' })) === 0) return null;
      const heldOut = await leaveOneOut(store, filter, options);
      // A held-out vector that leaves its database empty has nothing to be compared with: its score is infinite.
      const scoresOf = (found: readonly Similarities[]): number[] =>
        found.map((each) => filter.score(each)).filter(Number.isFinite);
      const [remaining, unlearned] = [scoresOf(heldOut[0]), scoresOf(heldOut[1])];
      if (remaining.length === 0 || unlearned.length === 0) return null;
      const calibration = calibrate(remaining, unlearned, specificity);
      let unchanged = false;
      await store.registry.update((snapshot) => {
        unchanged = division(snapshot) === before;
        return unchanged ? { filterLevel: { filter: filter.name, level: calibration.level } } : null;
      });
      if (!unchanged) return null;
      return {
        kind: 'filter-calibrated',
        filter: filter.name,
        ...calibration,
        ms: performance.now() - started,
      };
    },

    // It asks the databases each time.
    keepUp: async () => true,
  };
}

/** Of an input that was compared with nothing. */
export const NOTHING_UNLEARNED: Assessment = {
  filtered: false,
  unlearnedSimilarity: null,
  remainingSimilarity: null,
};

/** Which classes are on which side, as text to be compared. */
function division(snapshot: RegistrySnapshot): string {
  const namesOf = (...states: readonly ClassState[]): string[] =>
    classesIn(snapshot, ...states).map(({ name }) => name);
  return JSON.stringify([namesOf('learned'), namesOf(...SUPPRESSED)]);
}

function summary(values: readonly number[], { k }: UnlearnedFilter): number | null {
  return values.length === 0 ? null : meanOfNearest(values, k);
}
