import type { Labelled } from '../support/lethe.js';
import { carryOut, type Deployment, DIMENSION, learn } from './deployment.js';
import { type ClusteredVectors, clusteredVectors } from './vectors.js';

const CLASSES = 10;
/** Vectors of each class that the model is trained on; what is stored beyond them is put into the database directly. */
const TAUGHT_PER_CLASS = 40;
const CHUNK = 640;

/** What a deployment has learned, and where queries to it come from. */
export interface Knowledge {
  readonly source: ClusteredVectors;
  /** Vectors in both databases. */
  readonly size: number;
}

/**
 * Teaches ten classes of clustered vectors through the topics, and fills DB-CIL up to `size` vectors.
 * The learner has to run.
 */
export async function fill(deployment: Deployment, size: number): Promise<Knowledge> {
  const source = clusteredVectors(CLASSES, DIMENSION);
  const { classNames } = source;
  const inputs = Array.from({ length: CLASSES * TAUGHT_PER_CLASS }, (_, index): Labelled => {
    const payload = { kind: 'vector', vector: source.next(index % CLASSES) } as const;
    return { label: classNames[index % CLASSES] as string, payload };
  });
  await learn(deployment, 'base', inputs);
  const { vectors } = deployment.store;
  for (let start = inputs.length; start < size; start += CHUNK) {
    const records = Array.from({ length: Math.min(CHUNK, size - start) }, (_, index) => ({
      id: `more-${start + index}`,
      className: classNames[(start + index) % CLASSES] as string,
      task: 'base',
      vector: source.next((start + index) % CLASSES),
    }));
    await vectors.upsert('cil', records);
  }
  return { source, size: Math.max(size, inputs.length) };
}

/** Unlearns the first class, a tenth of all vectors, and waits until the filter is calibrated. */
export function forgetFirst(deployment: Deployment, { source }: Knowledge): Promise<void> {
  const classes = [source.classNames[0] as string];
  return carryOut(deployment, { id: 'forget', kind: 'unlearn', classes }, 'filter-calibrated');
}
