import type { MatrixProduct } from '../../../blas/matrixProduct.js';
import { dot, rowOf } from '../../../domain/vector.js';
import type { Neighbour } from '../../vectorDatabase.js';
import type { BlockView } from './block.js';
import { byNearness, Shortlist } from './shortlist.js';

/** Queries compared with a block at once: bounds the time that one product takes from the event loop. */
const QUERIES_AT_ONCE = 64;
/** A product with one row runs another kernel, which rounds otherwise; equal vectors must get equal scores. */
const LEAST_ROWS = 2;

/**
 * Exact k nearest neighbours among the rows of `views`.
 * @param queries unit vectors, shape [n, dimension]
 * @param between awaited before each block, with the milliseconds that the block before it took
 * @returns n lists of at most k neighbours, most similar first, ties in the order of insertion
 */
export async function nearest(
  views: readonly BlockView[],
  queries: Float32Array,
  k: number,
  dimension: number,
  product: MatrixProduct,
  between?: (lastMs: number) => Promise<void>,
): Promise<Neighbour[][]> {
  const count = queries.length / dimension;
  const lists: Neighbour[][] = [];
  for (let from = 0; from < count; from += QUERIES_AT_ONCE) {
    const to = Math.min(from + QUERIES_AT_ONCE, count);
    const some = queries.subarray(from * dimension, to * dimension);
    lists.push(...(await nearestOfFew(views, some, k, dimension, product, between)));
  }
  return lists;
}

async function nearestOfFew(
  views: readonly BlockView[],
  queries: Float32Array,
  k: number,
  dimension: number,
  product: MatrixProduct,
  between?: (lastMs: number) => Promise<void>,
): Promise<Neighbour[][]> {
  const count = queries.length / dimension;
  const shortlists = Array.from({ length: count }, () => new Shortlist(k));
  const columns = transposed(queries, dimension);
  const most = views.reduce((rows, view) => Math.max(rows, rowsOf(view, dimension)), 0);
  const scratch = new Float32Array(most * count);
  let lastMs = 0;
  for (const view of views) {
    await between?.(lastMs);
    const started = performance.now();
    const rows = rowsOf(view, dimension);
    const scores = scratch.subarray(0, rows * count);
    await product.into(scores, view.vectors.subarray(0, rows * dimension), columns, dimension);
    collect(scores, view, shortlists);
    lastMs = performance.now() - started;
  }
  return shortlists.map((list, index) => exact(list, rowOf(queries, index, dimension)));
}

function rowsOf(view: BlockView, dimension: number): number {
  return Math.min(Math.max(view.count, LEAST_ROWS), view.vectors.length / dimension);
}

/** Row by row, as the scores lie in memory. */
function collect(scores: Float32Array, view: BlockView, shortlists: readonly Shortlist[]): void {
  const count = shortlists.length;
  const thresholds = Float64Array.from(shortlists, ({ threshold }) => threshold);
  for (let row = 0, at = 0; row < view.count; row++) {
    for (let query = 0; query < count; query++, at++) {
      const similarity = scores[at] as number;
      if (similarity < (thresholds[query] as number)) continue;
      const list = shortlists[query] as Shortlist;
      list.offer(view, row, similarity);
      thresholds[query] = list.threshold;
    }
  }
}

/** Computes the similarities anew in float64: float32 products depend in their last bits on how many queries were asked at once. */
function exact(list: Shortlist, query: Float32Array): Neighbour[] {
  return list
    .candidates()
    .map(({ view, row }) => ({ view, row, similarity: dot(query, rowOf(view.vectors, row, query.length)) }))
    .sort(byNearness)
    .map(({ view, row, similarity }) => ({
      id: view.ids[row] as string,
      className: view.className,
      similarity: Math.min(1, Math.max(-1, similarity)),
    }));
}

/** [n, dimension] to [dimension, n]. */
function transposed(matrix: Float32Array, dimension: number): Float32Array {
  const count = matrix.length / dimension;
  if (count === 1) return matrix;
  const columns = new Float32Array(matrix.length);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dimension; i++) columns[i * count + row] = matrix[row * dimension + i] as number;
  }
  return columns;
}
