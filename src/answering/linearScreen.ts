import { isDeepStrictEqual } from 'node:util';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { classesIn, type RegistrySnapshot, SUPPRESSED } from '../domain/classes.js';
import { renewDetector, sidesOf } from '../knowledge/detectors.js';
import type { Calibration } from '../model/filter/calibrate.js';
import { isUnlearned } from '../model/filter/filter.js';
import { advantage, type Detector, levelFor, type Sides } from '../model/filter/linear/detector.js';
import { decodeDetector } from '../model/filter/linear/detectorBytes.js';
import type { DetectorFitter } from '../model/filter/linear/fitter.js';
import { createScorers, type Scorer } from '../model/filter/linear/scorer.js';
import { NOTHING_UNLEARNED, type Screen } from './screen.js';

/** Of a detector whose level was not calibrated: the side that explains an input better. */
const INITIAL_LEVEL = 0;

export interface LinearScreenOptions {
  /** Makes detectors, where this worker is the learner. */
  readonly fitter: DetectorFitter;
  /** Decides while the detector lacks a class, and finds the similarities where these are always wanted. */
  readonly search: Screen;
  /** Wanted specificity; null keeps the level 0. */
  readonly specificity: number | null;
  /** Whether similarities are always found out: what is unknown is told by them. */
  readonly familiarity: boolean;
}

interface Loaded {
  readonly sha256: string;
  readonly detector: Detector;
  readonly score: Scorer;
}

/** A detector as it is used at one state of the registry. */
interface Ready extends Loaded {
  readonly sides: Sides;
  readonly calibration: Calibration | null;
}

/**
 * The filter over a linear detector: what it costs depends on the number of classes, not on that of vectors. The detector
 * has a row for each class, so that one that changes sides is told by the next query; so is the level, which follows from
 * the detector's held-out scores and the sides, in every worker alike.
 */
export function createLinearScreen(store: KnowledgeStore, options: LinearScreenOptions): Screen {
  const { fitter, search, specificity, familiarity } = options;
  const scorerOf = createScorers();
  let latest: { readonly snapshot: RegistrySnapshot; readonly ready: Ready | null } | undefined;

  const load = async (sha256: string | null): Promise<Loaded | null> => {
    if (sha256 === null) return null;
    if (sha256 === latest?.ready?.sha256) return latest.ready;
    const bytes = await store.detector(sha256);
    const detector = bytes && decodeDetector(bytes);
    if (detector?.dimension !== store.vectors.dimension) return null;
    return { sha256, detector, score: scorerOf(detector) };
  };

  const readyWith = (loaded: Loaded, snapshot: RegistrySnapshot): Ready | null => {
    const sides = sidesOf(loaded.detector, snapshot);
    if (!sides) return null;
    const before = latest?.ready;
    if (before?.sha256 === loaded.sha256 && isDeepStrictEqual(before.sides, sides)) return before;
    const calibration = specificity === null ? null : levelFor(loaded.detector, sides, specificity);
    return { ...loaded, sides, calibration };
  };

  /** @returns null where the detector lacks a class, or there is none */
  const prepare = async (snapshot: RegistrySnapshot): Promise<Ready | null> => {
    if (latest?.snapshot === snapshot) return latest.ready;
    const loaded = await load(snapshot.detector);
    const ready = loaded && readyWith(loaded, snapshot);
    latest = { snapshot, ready };
    return ready;
  };

  return {
    async assess(vectors) {
      const snapshot = await store.registry.refresh();
      const found = familiarity ? await search.assess(vectors) : null;
      if (classesIn(snapshot, ...SUPPRESSED).length === 0)
        return found ?? vectors.map(() => NOTHING_UNLEARNED);
      const now = await prepare(snapshot);
      if (!now) return found ?? search.assess(vectors);
      const { detector, score, sides, calibration } = now;
      const scores = await score(vectors);
      const level = calibration?.level ?? INITIAL_LEVEL;
      return vectors.map((_, index) => {
        const value = advantage(scores, index * detector.keys.length, sides);
        return {
          ...(found?.[index] ?? NOTHING_UNLEARNED),
          filtered: isUnlearned(value, level),
          ...(Number.isFinite(value) && { margin: value - level }),
        };
      });
    },

    async calibrate() {
      const started = performance.now();
      const before = await store.registry.refresh();
      if (!(await prepare(before))) await renewDetector(store, fitter);
      const now = await prepare(await store.registry.refresh());
      if (!now?.calibration) return null;
      const { level, specificity: passed, recall } = now.calibration;
      return {
        kind: 'filter-calibrated',
        filter: 'linear',
        level,
        specificity: passed,
        recall,
        ms: performance.now() - started,
      };
    },

    async keepUp() {
      const snapshot = await store.registry.refresh();
      return (await prepare(snapshot)) !== null || classesIn(snapshot, 'learned', ...SUPPRESSED).length === 0;
    },
  };
}
