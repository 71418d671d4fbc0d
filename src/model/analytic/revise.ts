import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { LetheError } from '../../domain/errors.js';
import { joined as together } from '../calibration/byContent.js';
import type { ClassVectors } from '../trainer.js';
import { leftOutTemperature } from './calibrate.js';
import type { AnalyticConfig } from './config.js';
import type { FeatureMap } from './features.js';
import { ridgeHead } from './head.js';
import type { AnalyticState } from './state.js';
import { joined, noStatistics, statisticsOf, without } from './statistics.js';

/** What a step adds to what is known, and what it takes out. */
export interface AnalyticStep {
  /** New classes. */
  readonly learned: ClassVectors;
  /** Known classes, with exactly the vectors that they were learned with; their order does not matter. */
  readonly forgotten: ClassVectors;
  /** Some vectors of every class that stays, to calibrate with; left out, only those learned here are there for it. */
  readonly staying?: ClassVectors | undefined;
}

/** Of no class. */
export const NO_CLASSES: ClassVectors = {
  classes: [],
  vectors: new Float32Array(0),
  labels: new Int32Array(0),
};

/**
 * Learns and forgets classes in closed form: the weights afterwards are those of a learner that was given the vectors of
 * the remaining classes only, in whatever order and company.
 * @param state what is known so far; null before the first step
 * @throws LetheError `class-known`, `unknown-class`, `invalid-vector`, `training-failed`
 */
export async function revise(
  state: AnalyticState | null,
  { learned, forgotten, staying = NO_CLASSES }: AnalyticStep,
  config: AnalyticConfig,
  map: FeatureMap,
  products: DoubleProducts,
): Promise<AnalyticState> {
  const known = state?.classes ?? [];
  const places = forgotten.classes.map((name, index) => placeOf(name, index, known));
  const kept = known.filter((name) => !forgotten.classes.includes(name));
  const again = learned.classes.find((name) => kept.includes(name));
  if (again !== undefined) throw knownAlready(again);

  let statistics = state?.statistics ?? noStatistics(map.width);
  if (places.length > 0) {
    statistics = without(statistics, await statisticsOf(forgotten, config, map, products), places);
  }
  if (learned.classes.length > 0) {
    statistics = joined(statistics, await statisticsOf(learned, config, map, products));
  }
  const head = await ridgeHead(statistics, config, products);
  const next = {
    dimension: map.dimension,
    tasks: (state?.tasks ?? 0) + 1,
    classes: [...kept, ...learned.classes],
    statistics,
    weights: head.weights,
  };
  const temperatureFactor = config.calibrate
    ? await leftOutTemperature(next, head.factor, together(staying, learned), config, map, products)
    : 1;
  return { ...next, temperatureFactor };
}

function placeOf(name: string, index: number, known: readonly string[]): number {
  const place = known.indexOf(name);
  if (place >= 0) return place;
  throw new LetheError('unknown-class', `the model knows no class "${name}"`, {
    field: `forgotten.classes.${index}`,
    value: name,
    remedy: `Name one of the known classes: ${known.join(', ') || '(none)'}.`,
  });
}

function knownAlready(name: string): LetheError {
  return new LetheError('class-known', `class ${name} is already known`, {
    field: 'classes',
    value: name,
    remedy: 'Give only new classes.',
  });
}
