import type { DoubleProducts } from '../../../blas/doubleProducts.js';
import { rowOf, stacked } from '../../../domain/vector.js';
import { createReservoir, type Reservoir } from '../../reservoir.js';
import { ClassSums } from './classSums.js';
import type { Detector } from './detector.js';
import { discriminantOf, leftOutScores, rowsOf } from './discriminant.js';
import type { FitterSettings } from './fitProtocol.js';

/** Makes detectors from vectors that come class by class, in portions: none is needed twice. */
export class DetectorFit {
  readonly #settings: FitterSettings;
  readonly #products: DoubleProducts;
  readonly #sums: ClassSums;
  readonly #samples = new Map<string, Reservoir<Float32Array>>();

  constructor(settings: FitterSettings, products: DoubleProducts) {
    this.#settings = settings;
    this.#products = products;
    this.#sums = new ClassSums(settings.dimension, products);
  }

  /** @param vectors unit vectors of one class, shape [n, dimension] */
  async add(key: string, vectors: Float32Array): Promise<void> {
    const { dimension, heldOut, seed } = this.#settings;
    const sample = this.#samples.get(key) ?? createReservoir<Float32Array>(heldOut.perClass, seed);
    this.#samples.set(key, sample);
    await this.#sums.add(key, vectors);
    for (let row = 0; row < vectors.length / dimension; row++)
      sample.offer(() => rowOf(vectors, row, dimension).slice());
  }

  /** @param keys of classes of which vectors were added */
  async detector(keys: readonly string[]): Promise<Detector> {
    const { dimension, heldOut } = this.#settings;
    const discriminant = await discriminantOf(this.#sums, keys, this.#products);
    const each = Math.max(1, Math.floor(heldOut.inAll / Math.max(1, keys.length)));
    const samples = keys.map((key) => this.#samples.get(key)?.items.slice(0, each) ?? []);
    const places = samples.flatMap((sample, place) => sample.map(() => place));
    const vectors = stacked(samples.flat(), dimension);
    return {
      dimension,
      keys,
      ...(await rowsOf(discriminant, this.#products)),
      heldOut: {
        places: Int32Array.from(places),
        scores: await leftOutScores(discriminant, vectors, places, this.#products),
      },
    };
  }
}
