import type { KnowledgeStore } from '../adapters/knowledgeStore.js';
import { sha256 } from '../domain/auditChain.js';
import { type ClassRecord, classesIn, type RegistrySnapshot, SUPPRESSED } from '../domain/classes.js';
import { stacked } from '../domain/vector.js';
import type { Detector, Sides } from '../model/filter/linear/detector.js';
import { encodeDetector } from '../model/filter/linear/detectorBytes.js';
import type { Portion } from '../model/filter/linear/fitProtocol.js';
import type { DetectorFitter } from '../model/filter/linear/fitter.js';

/** Key of the row of a class in the detector: it differs if the stored vectors differ. */
type KeyedClass = Pick<ClassRecord, 'name'> & { readonly key: string };

/** Tells whether a row was made from the vectors that the registry knows of: by the task, their number and their mean. */
function keyed({ name, task, count, centroid }: ClassRecord): KeyedClass[] {
  // A class of which nothing is stored has no row.
  if (!centroid) return [];
  const { buffer, byteOffset, byteLength } = centroid;
  const mean = sha256(new Uint8Array(buffer, byteOffset, byteLength));
  return [{ name, key: JSON.stringify([name, task, count, mean]) }];
}

function keyedIn(snapshot: RegistrySnapshot, ...states: Parameters<typeof classesIn>[1][]): KeyedClass[] {
  return classesIn(snapshot, ...states).flatMap(keyed);
}

/**
 * The sides of the classes of the registry.
 * @returns null if a class has no row: the detector is older or newer than the stored vectors
 */
export function sidesOf({ keys }: Pick<Detector, 'keys'>, snapshot: RegistrySnapshot): Sides | null {
  const places = new Map(keys.map((key, place) => [key, place]));
  const of = (...states: Parameters<typeof classesIn>[1][]): (number | undefined)[] =>
    keyedIn(snapshot, ...states).map(({ key }) => places.get(key));
  const [unlearned, remaining] = [of(...SUPPRESSED), of('learned')];
  const isKnown = (place: number | undefined): place is number => place !== undefined;
  if (!unlearned.every(isKnown) || !remaining.every(isKnown)) return null;
  return { unlearned, remaining };
}

/**
 * Makes the detector from the stored vectors, and stores it beside them. It reads only classes that the fitter does
 * not have yet, or all classes if one that it has was forgotten or changed.
 * @returns null if the classes changed meanwhile, because that change requests another detector; and if there is no
 * class
 */
export async function renewDetector(store: KnowledgeStore, fitter: DetectorFitter): Promise<Detector | null> {
  const { registry, vectors } = store;
  const before = await registry.refresh();
  const classes = keyedIn(before, 'learned', ...SUPPRESSED);
  const keys = classes.map(({ key }) => key);
  if (![...fitter.held].every((key) => keys.includes(key))) await fitter.forget();
  if (classes.length === 0) return null;
  for (const { name, key } of classes) {
    if (fitter.held.has(key)) continue;
    if ((await fitter.add(key, vectorsOf(name, vectors))) > 0) continue;
    await fitter.forget();
    return null;
  }
  const detector = await fitter.detector(keys);
  const bytes = encodeDetector(detector);
  let isCurrent = false;
  await registry.update((now) => {
    const known = new Set(keyedIn(now, 'learned', ...SUPPRESSED).map(({ key }) => key));
    isCurrent = known.size === keys.length && keys.every((key) => known.has(key));
    return isCurrent ? { detector: bytes } : null;
  });
  return isCurrent ? detector : null;
}

async function* vectorsOf(className: string, vectors: KnowledgeStore['vectors']): AsyncGenerator<Portion> {
  for await (const records of vectors.scan({ classes: [className] })) {
    const stack = stacked(
      records.map(({ vector }) => vector),
      vectors.dimension,
    );
    yield { ids: records.map(({ id }) => id), vectors: stack };
  }
}
