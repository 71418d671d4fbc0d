import type { DoubleProducts } from '../../../blas/doubleProducts.js';
import { choleskyOf } from '../../analytic/cholesky.js';
import type { ClassSums } from './classSums.js';

/**
 * Vectors that scatter alike in all directions are imagined beside the stored ones, so many for each dimension: they make up for
 * directions in which there are few vectors, and count little where there are many (docs/decisions/0031-a-linear-detector.md).
 */
const IMAGINED = 1;
/** The least that they add to the scatter in a direction: it may be that all vectors of a class are the same one. */
const LEAST_SCATTER = 1e-6;

/** Linear discriminant analysis of some classes, in coordinates in which each class scatters alike in all directions. */
export interface Discriminant {
  readonly names: readonly string[];
  readonly counts: readonly number[];
  readonly dimension: number;
  /** L^-1 for the scatter L L^T: what whitens a vector. Shape [dimension, dimension]. */
  readonly whitening: Float64Array;
  /** The whitened mean of each class, shape [names.length, dimension]. */
  readonly means: Float64Array;
  /** What was added to the diagonal of the scatter. */
  readonly ridge: number;
  /** Vectors, stored and imagined ones, less classes: what turns products of whitened vectors into logarithms of likelihoods. */
  readonly freedom: number;
}

/**
 * @param names of classes with vectors
 * @param ridge what is added to the diagonal of the scatter, by default in proportion to it
 */
export async function discriminantOf(
  sums: ClassSums,
  names: readonly string[],
  products: DoubleProducts,
  ridge?: number,
): Promise<Discriminant> {
  const scatter = await sums.within();
  const counts = names.map((name) => sums.countOf(name));
  return whitened(sums, { names, counts }, scatter, ridge ?? ridgeFor(scatter, total(counts)), products);
}

/** What the imagined vectors add to each direction: as far from their mean as the stored ones are, shared by all directions. */
function ridgeFor(scatter: Float64Array, vectors: number): number {
  const dimension = Math.sqrt(scatter.length);
  let trace = 0;
  for (let at = 0; at < scatter.length; at += dimension + 1) trace += scatter[at] as number;
  return Math.max((IMAGINED * trace) / vectors, LEAST_SCATTER);
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

async function whitened(
  sums: ClassSums,
  { names, counts }: Pick<Discriminant, 'names' | 'counts'>,
  scatter: Float64Array,
  ridge: number,
  products: DoubleProducts,
): Promise<Discriminant> {
  const { dimension } = sums;
  for (let at = 0; at < scatter.length; at += dimension + 1) scatter[at] = (scatter[at] as number) + ridge;
  const whitening = inverseOf(await choleskyOf(scatter, dimension, products), dimension);
  return {
    names,
    counts,
    dimension,
    whitening,
    means: await products.timesTransposed(sums.means(names), whitening, dimension),
    ridge,
    freedom: total(counts) + IMAGINED * dimension - names.length,
  };
}

/** Scores of classes that are linear in a vector: the logarithm of its likelihood, up to a term that all classes share. */
export interface ClassRows {
  /** Shape [classes, dimension]. */
  readonly rows: Float32Array;
  /** Shape [classes]. */
  readonly biases: Float32Array;
}

/** The scores as rows. Their mean is taken off them, which changes no difference, so that float32 is precise enough. */
export async function rowsOf(
  { whitening, means, dimension, freedom }: Discriminant,
  products: DoubleProducts,
): Promise<ClassRows> {
  const rows = await products.times(means, whitening, dimension);
  const biases = squaresOf(means, dimension).map((square) => -square / 2);
  centre(rows, dimension);
  centre(biases, 1);
  return {
    rows: Float32Array.from(rows, (value) => value * freedom),
    biases: Float32Array.from(biases, (value) => value * freedom),
  };
}

/**
 * Scores of vectors that the discriminant was made from, each as if it had been left out: in closed form, by the formula of
 * Sherman and Morrison for the scatter and by its class's mean without it.
 * @param vectors shape [n, dimension]
 * @param places of their classes among the names; of a class of one vector nothing is left, and its score is -Infinity
 * @returns shape [n, names.length]
 */
export async function leftOutScores(
  discriminant: Discriminant,
  vectors: Float32Array,
  places: readonly number[],
  products: DoubleProducts,
): Promise<Float32Array> {
  const { whitening, means, dimension, names, counts, freedom } = discriminant;
  const classes = names.length;
  if (places.length === 0) return new Float32Array(0);
  const whitened = await products.timesTransposed(Float64Array.from(vectors), whitening, dimension);
  const alongMeans = await products.timesTransposed(whitened, means, dimension);
  const amongMeans = await products.timesTransposed(means, means, dimension);
  const squares = squaresOf(whitened, dimension);
  const scores = new Float32Array(places.length * classes);
  places.forEach((own, row) => {
    const count = counts[own] as number;
    const along = (k: number): number => alongMeans[row * classes + k] as number;
    const among = (k: number): number => amongMeans[own * classes + k] as number;
    const square = squares[row] as number;
    // d = y - m_own: y.d, d.d, and d.m_k below.
    const yd = square - along(own);
    const dd = square - 2 * along(own) + among(own);
    const gain = count / (count - 1);
    const factor = count === 1 ? 0 : gain / (1 - gain * dd);
    for (let k = 0; k < classes; k++) {
      let ym = along(k);
      let dm = along(k) - among(k);
      let mm = amongMeans[k * classes + k] as number;
      if (k === own) {
        // The mean without the vector is m - d / (n - 1).
        const step = 1 / (count - 1);
        ym -= step * yd;
        mm -= step * (2 * dm - step * dd);
        dm -= step * dd;
      }
      const score = ym + factor * yd * dm - (mm + factor * dm * dm) / 2;
      scores[row * classes + k] = k === own && count === 1 ? Number.NEGATIVE_INFINITY : freedom * score;
    }
  });
  return scores;
}

/** L^-1 of a lower triangle, row by row: row i is (e_i - sum over j < i of L_ij times row j) / L_ii. */
export function inverseOf(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = inverse.subarray(i * n, (i + 1) * n);
    row[i] = 1;
    for (let j = 0; j < i; j++) {
      const factor = l[i * n + j] as number;
      if (factor === 0) continue;
      const above = inverse.subarray(j * n, j * n + j + 1);
      for (let c = 0; c <= j; c++) row[c] = (row[c] as number) - factor * (above[c] as number);
    }
    const pivot = l[i * n + i] as number;
    for (let c = 0; c <= i; c++) row[c] = (row[c] as number) / pivot;
  }
  return inverse;
}

function squaresOf(rows: Float64Array, dimension: number): Float64Array {
  const squares = new Float64Array(rows.length / dimension);
  for (let at = 0; at < rows.length; at++) {
    const row = Math.floor(at / dimension);
    squares[row] = (squares[row] as number) + (rows[at] as number) ** 2;
  }
  return squares;
}

/** Takes the mean of the rows off each of them. */
function centre(rows: Float64Array, dimension: number): void {
  const count = rows.length / dimension;
  for (let i = 0; i < dimension; i++) {
    let mean = 0;
    for (let at = i; at < rows.length; at += dimension) mean += (rows[at] as number) / count;
    for (let at = i; at < rows.length; at += dimension) rows[at] = (rows[at] as number) - mean;
  }
}
