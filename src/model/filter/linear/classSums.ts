import type { DoubleProducts } from '../../../blas/doubleProducts.js';
import { toFixedPoint, UNIT } from '../../analytic/fixedPoint.js';

/**
 * Exact sums over the vectors of classes: of each its number and sum, of all together the products of components. In whole
 * numbers (docs/decisions/0014-analytic-learner.md): they do not depend on the order in which vectors came, up to two million
 * of them. Nothing is ever subtracted.
 */
export class ClassSums {
  readonly dimension: number;
  /** Sum of z z^T over all vectors in units of 2^-32, shape [dimension, dimension]. */
  readonly #products: Float64Array;
  readonly #classes = new Map<string, { count: number; readonly sum: Float64Array }>();

  constructor(
    dimension: number,
    private readonly blas: DoubleProducts,
  ) {
    this.dimension = dimension;
    this.#products = new Float64Array(dimension * dimension);
  }

  /**
   * Adds vectors of one class.
   * @param vectors unit vectors, shape [n, dimension]
   * @throws LetheError `invalid-vector`
   */
  async add(name: string, vectors: Float32Array): Promise<void> {
    if (vectors.length === 0) return;
    const { dimension } = this;
    const fixed = toFixedPoint(vectors, dimension);
    const products = await this.blas.gram(fixed, dimension);
    const own = this.#classes.get(name) ?? { count: 0, sum: new Float64Array(dimension) };
    this.#classes.set(name, own);
    own.count += vectors.length / dimension;
    for (let at = 0; at < fixed.length; at++) {
      const component = at % dimension;
      own.sum[component] = (own.sum[component] as number) + (fixed[at] as number);
    }
    for (let at = 0; at < products.length; at++)
      this.#products[at] = (this.#products[at] as number) + (products[at] as number);
  }

  countOf(name: string): number {
    return this.#classes.get(name)?.count ?? 0;
  }

  /** The mean of each of these classes, shape [names.length, dimension]. */
  means(names: readonly string[]): Float64Array {
    const means = new Float64Array(names.length * this.dimension);
    names.forEach((name, row) => {
      const own = this.#classes.get(name);
      own?.sum.forEach((value, i) => {
        means[row * this.dimension + i] = value / UNIT / own.count;
      });
    });
    return means;
  }

  /** Scatter within the classes, the sum over all vectors of (z - mu)(z - mu)^T: shape [dimension, dimension]. */
  async within(): Promise<Float64Array> {
    const names = [...this.#classes.keys()];
    const weighted = this.means(names);
    names.forEach((name, row) => {
      const root = Math.sqrt(this.countOf(name));
      for (let i = row * this.dimension; i < (row + 1) * this.dimension; i++)
        weighted[i] = (weighted[i] as number) * root;
    });
    const between = await this.blas.gram(weighted, this.dimension);
    return this.#products.map((value, at) => value / UNIT ** 2 - (between[at] as number));
  }
}
