import type { DoubleProducts } from '../../../blas/doubleProducts.js';
import { rowOf, stacked } from '../../../domain/vector.js';
import { createReservoir, type Reservoir } from '../../reservoir.js';
import { ClassSums } from './classSums.js';
import type { Detector } from './detector.js';
import { discriminantOf, leftOutScores, rowsOf } from './discriminant.js';
import type { FitterSettings, Portion } from './fitProtocol.js';

interface HeldOut {
  readonly id: string;
  readonly vector: Float32Array;
}

/** Makes detectors from vectors that come class by class, in portions: none is needed twice. */
export class DetectorFit {
  readonly #settings: FitterSettings;
  readonly #products: DoubleProducts;
  readonly #sums: ClassSums;
  readonly #samples = new Map<string, Reservoir<HeldOut>>();

  constructor(settings: FitterSettings, products: DoubleProducts) {
    this.#settings = settings;
    this.#products = products;
    this.#sums = new ClassSums(settings.dimension, products);
  }

  /** Adds vectors of one class. */
  async add(key: string, { ids, vectors }: Portion): Promise<void> {
    const { dimension, heldOut, seed } = this.#settings;
    const sample = this.#samples.get(key) ?? createReservoir<HeldOut>(heldOut.perClass, seed);
    this.#samples.set(key, sample);
    await this.#sums.add(key, vectors);
    ids.forEach((id, row) => {
      sample.offer(() => ({ id, vector: rowOf(vectors, row, dimension).slice() }));
    });
  }

  /** @param keys of classes of which vectors were added */
  async detector(keys: readonly string[]): Promise<Detector> {
    const { dimension, heldOut } = this.#settings;
    const discriminant = await discriminantOf(this.#sums, keys, this.#products);
    const each = Math.max(1, Math.floor(heldOut.inAll / Math.max(1, keys.length)));
    const samples = keys.map((key) => this.#samples.get(key)?.items.slice(0, each) ?? []);
    const places = samples.flatMap((sample, place) => sample.map(() => place));
    const heldOutVectors = samples.flat();
    const vectors = stacked(
      heldOutVectors.map(({ vector }) => vector),
      dimension,
    );
    return {
      dimension,
      keys,
      ...(await rowsOf(discriminant, this.#products)),
      heldOut: {
        ids: heldOutVectors.map(({ id }) => id),
        places: Int32Array.from(places),
        scores: await leftOutScores(discriminant, vectors, places, this.#products),
      },
    };
  }
}
