import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { classesIn, SUPPRESSED } from '../domain/classes.js';
import { renewDetector } from '../knowledge/detectors.js';
import type { Assessment } from '../model/answer/answer.js';
import { isUnlearned } from '../model/filter/filter.js';
import type { DetectorFitter } from '../model/filter/linear/fitter.js';
import { createDetecting, marginsOf } from './detecting.js';
import { REFINED, type Refining } from './refining.js';
import { NOTHING_UNLEARNED, type Screen } from './screen.js';

export interface LinearScreenOptions {
  /** Makes detectors, where this worker is the learner. */
  readonly fitter: DetectorFitter;
  /** Decides while the detector lacks a class, and computes similarities if they are always needed. */
  readonly search: Screen;
  /** Wanted specificity; null keeps the level 0. */
  readonly specificity: number | null;
  /** Whether similarities are always needed: they decide what is unknown. */
  readonly familiarity: boolean;
  /** Checks inputs near the level again; without it, the detector decides alone. */
  readonly refining?: Refining;
}

/**
 * The filter over a linear detector: its cost depends on the number of classes, not of vectors. The detector has a
 * row for each class, so a class that changes sides counts from the next query on. The level does, too: every worker
 * computes it in the same way from the held-out scores of the detector and the sides.
 */
export function createLinearScreen(store: KnowledgeStore, options: LinearScreenOptions): Screen {
  const { fitter, search, specificity, familiarity, refining } = options;
  const detecting = createDetecting(store, specificity);
  return {
    async assess(vectors) {
      const snapshot = await store.registry.refresh();
      const found = familiarity ? await search.assess(vectors) : null;
      if (classesIn(snapshot, ...SUPPRESSED).length === 0)
        return found ?? vectors.map(() => NOTHING_UNLEARNED);
      const now = await detecting.at(snapshot);
      if (!now) return found ?? search.assess(vectors);
      const margins = await marginsOf(now, vectors);
      const linear = margins.map((margin, index) => ({
        ...(found?.[index] ?? NOTHING_UNLEARNED),
        ...verdictOf(margin),
      }));
      return refining ? refining.refine(vectors, linear, now, snapshot) : linear;
    },

    async calibrate() {
      const started = performance.now();
      const before = await store.registry.refresh();
      if (!(await detecting.at(before))) await renewDetector(store, fitter);
      const now = await detecting.at(await store.registry.refresh());
      if (!now?.calibration) return null;
      const refined = (await refining?.calibrate(now)) ?? null;
      const { level, specificity: passed, recall } = refined ?? now.calibration;
      return {
        kind: 'filter-calibrated',
        filter: refined ? REFINED : 'linear',
        level,
        specificity: passed,
        recall,
        ms: performance.now() - started,
      };
    },

    async keepUp() {
      const snapshot = await store.registry.refresh();
      return (
        (await detecting.at(snapshot)) !== null || classesIn(snapshot, 'learned', ...SUPPRESSED).length === 0
      );
    },
  };
}

/** What a margin says; one that is infinite is no evidence. */
function verdictOf(margin: number): Pick<Assessment, 'filtered' | 'margin'> {
  return { filtered: isUnlearned(margin, 0), ...(Number.isFinite(margin) && { margin }) };
}
