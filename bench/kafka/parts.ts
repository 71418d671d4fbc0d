import { encodeQuery } from '../../src/domain/cloudEvents.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import type { Figure } from '../support/report.js';
import type { Deployment } from './deployment.js';
import type { Knowledge } from './knowledge.js';
import type { BenchServices } from './services.js';

/** What the command line says. */
export interface Sizes {
  /** Vectors in the databases of the parts that take one size. */
  readonly vectors: readonly number[];
  /** Queries of a throughput. */
  readonly queries: number;
  /** Queries whose latency is taken. */
  readonly paced: number;
  /** What is searched in: `<vectors>x<dimension>`, or `cifar10`. */
  readonly datasets: readonly string[];
}

/** A part of the benchmark: one figure. */
export type Part = (services: BenchServices, sizes: Sizes) => Promise<readonly Figure[]>;

let made = 0;

/** Queries with ready-made vectors of all classes in turn. */
export function vectorQueries(
  { topics }: Pick<Deployment, 'topics'>,
  { source }: Pick<Knowledge, 'source'>,
  count: number,
): OutgoingRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const payload = { kind: 'vector', vector: source.next(index) } as const;
    return encodeQuery({ id: `q${made++}`, payload }, topics);
  });
}
