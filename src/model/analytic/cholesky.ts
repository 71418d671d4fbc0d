import type { DoubleProducts } from '../../blas/doubleProducts.js';
import { LetheError } from '../../domain/errors.js';

/** Columns factorised together: wide enough for the BLAS to do the work, narrow enough for the rest to cost little. */
const PANEL = 64;

/**
 * L of A = L L^T, panel by panel: what the panels before have to say to a panel is one matrix product, which is nearly all
 * of the work (docs/decisions/0014-analytic-learner.md has the figures beside a library's).
 * @param a symmetric and positive definite, shape [n, n]; its lower triangle is read
 * @returns shape [n, n], zero above the diagonal
 * @throws LetheError `training-failed` where A is not positive definite
 */
export async function choleskyOf(
  a: Float64Array,
  n: number,
  products: DoubleProducts,
): Promise<Float64Array> {
  const l = new Float64Array(n * n);
  for (let from = 0; from < n; from += PANEL) {
    const size = Math.min(PANEL, n - from);
    // All columns take part: those not computed yet are zero, and rows as they lie need no copy.
    const before = await products.timesTransposed(
      l.subarray(from * n),
      l.subarray(from * n, (from + size) * n),
      n,
    );
    for (let row = from; row < n; row++) {
      const wide = Math.min(size, row - from + 1);
      for (let column = 0; column < wide; column++) {
        const rest =
          (a[row * n + from + column] as number) - (before[(row - from) * size + column] as number);
        l[row * n + from + column] = rest;
      }
      finishRow(l, row * n + from, wide, from, n);
    }
  }
  return l;
}

/** One row of a panel by the rows above it in the panel. */
function finishRow(l: Float64Array, start: number, wide: number, from: number, n: number): void {
  for (let column = 0; column < wide; column++) {
    const pivotRow = (from + column) * n + from;
    let rest = l[start + column] as number;
    for (let i = 0; i < column; i++) rest -= (l[start + i] as number) * (l[pivotRow + i] as number);
    if (start !== pivotRow) l[start + column] = rest / (l[pivotRow + column] as number);
    else if (rest > 0) l[start + column] = Math.sqrt(rest);
    else throw notPositive(from + column);
  }
}

/**
 * Solves L x = b for every row b of `rows`: panel by panel, as the factor is made.
 * @param rows shape [m, n]
 * @returns shape [m, n]
 */
export async function halfSolved(
  l: Float64Array,
  rows: Float64Array,
  n: number,
  products: DoubleProducts,
): Promise<Float64Array> {
  const x = new Float64Array(rows.length);
  for (let from = 0; from < n; from += PANEL) {
    const size = Math.min(PANEL, n - from);
    // Columns not computed yet are zero.
    const before = await products.timesTransposed(x, l.subarray(from * n, (from + size) * n), n);
    for (let start = from, row = 0; start < x.length; start += n, row++) {
      for (let column = 0; column < size; column++)
        x[start + column] = (rows[start + column] as number) - (before[row * size + column] as number);
      for (let column = 0; column < size; column++) {
        const pivotRow = (from + column) * n + from;
        let rest = x[start + column] as number;
        for (let i = 0; i < column; i++) rest -= (x[start + i] as number) * (l[pivotRow + i] as number);
        x[start + column] = rest / (l[pivotRow + column] as number);
      }
    }
  }
  return x;
}

/**
 * Solves L L^T x = b for every row b of `rows`, each by itself.
 * @param rows shape [k, n]
 * @returns shape [k, n]
 */
export function solved(l: Float64Array, rows: Float64Array, n: number): Float64Array {
  const solutions = rows.slice();
  for (let start = 0; start < solutions.length; start += n) {
    const x = solutions.subarray(start, start + n);
    for (let i = 0; i < n; i++) {
      let rest = x[i] as number;
      for (let j = 0; j < i; j++) rest -= (l[i * n + j] as number) * (x[j] as number);
      x[i] = rest / (l[i * n + i] as number);
    }
    for (let i = n - 1; i >= 0; i--) {
      const value = (x[i] as number) / (l[i * n + i] as number);
      x[i] = value;
      for (let j = 0; j < i; j++) x[j] = (x[j] as number) - (l[i * n + j] as number) * value;
    }
  }
  return solutions;
}

function notPositive(row: number): LetheError {
  return new LetheError('training-failed', `G + lambda I is not positive definite at row ${row}`, {
    field: 'learning.analytic.lambda',
    remedy: 'Raise lambda.',
  });
}
