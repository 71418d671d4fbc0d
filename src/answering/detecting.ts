import { isDeepStrictEqual } from 'node:util';
import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { sha256 } from '../domain/auditChain.js';
import type { RegistrySnapshot } from '../domain/classes.js';
import { sidesOf } from '../knowledge/detectors.js';
import type { Calibration } from '../model/filter/calibrate.js';
import { advantage, type Detector, levelFor, type Sides } from '../model/filter/linear/detector.js';
import { decodeDetector } from '../model/filter/linear/detectorBytes.js';
import { createScorers, type Scorer } from '../model/filter/linear/scorer.js';

/** Of a detector whose level was not calibrated: the side that explains an input better. */
const INITIAL_LEVEL = 0;

interface Loaded {
  readonly sha256: string;
  readonly detector: Detector;
  readonly score: Scorer;
}

/** A detector for one state of the registry. */
export interface Ready extends Loaded {
  readonly sides: Sides;
  readonly calibration: Calibration | null;
  /** Tells this detector with these sides from all others. */
  readonly basis: string;
}

/** The detector of the store, at work. */
export interface Detecting {
  /** @returns null if the detector lacks a class, or there is none */
  at(snapshot: RegistrySnapshot): Promise<Ready | null>;
}

/** @param specificity the target; null keeps the level 0 */
export function createDetecting(store: KnowledgeStore, specificity: number | null): Detecting {
  const scorerOf = createScorers();
  let latest: { readonly snapshot: RegistrySnapshot; readonly ready: Ready | null } | undefined;

  const load = async (hash: string | null): Promise<Loaded | null> => {
    if (hash === null) return null;
    if (hash === latest?.ready?.sha256) return latest.ready;
    const bytes = await store.detector(hash);
    const detector = bytes && decodeDetector(bytes);
    if (detector?.dimension !== store.vectors.dimension) return null;
    return { sha256: hash, detector, score: scorerOf(detector) };
  };

  const readyWith = (loaded: Loaded, snapshot: RegistrySnapshot): Ready | null => {
    const sides = sidesOf(loaded.detector, snapshot);
    if (!sides) return null;
    const before = latest?.ready;
    if (before?.sha256 === loaded.sha256 && isDeepStrictEqual(before.sides, sides)) return before;
    const calibration = specificity === null ? null : levelFor(loaded.detector, sides, specificity);
    return { ...loaded, sides, calibration, basis: sha256(JSON.stringify([loaded.sha256, sides])) };
  };

  return {
    async at(snapshot) {
      if (latest?.snapshot === snapshot) return latest.ready;
      const loaded = await load(snapshot.detector);
      const ready = loaded && readyWith(loaded, snapshot);
      latest = { snapshot, ready };
      return ready;
    },
  };
}

/** Distance of the score of each vector above the level; infinite if a side has no class. */
export async function marginsOf(
  { detector, score, sides, calibration }: Ready,
  vectors: readonly Float32Array[],
): Promise<number[]> {
  const scores = await score(vectors);
  const level = calibration?.level ?? INITIAL_LEVEL;
  return vectors.map((_, index) => advantage(scores, index * detector.keys.length, sides) - level);
}
