import { afterEach, describe, expect, it } from 'vitest';
import type { Portion } from '../../../../../src/model/filter/linear/fitProtocol.js';
import { createDetectorFitter, type DetectorFitter } from '../../../../../src/model/filter/linear/fitter.js';
import { directFitter } from '../../../../support/directFitter.js';

const SETTINGS = { dimension: 3, heldOut: { perClass: 4, inAll: 6 }, seed: 1 };
const [CAT, DOG] = ['["cat"]', '["dog"]'];

async function* portions(axis: number, sizes: readonly number[]): AsyncGenerator<Portion> {
  for (const size of sizes) {
    const ids = Array.from({ length: size }, (_, index) => `${axis}-${size}-${index}`);
    const value = (at: number): number => (at % 3 === axis ? 0.99 : (0.1 * (at % 5)) / 5);
    yield { ids, vectors: Float32Array.from({ length: 3 * size }, (_, at) => value(at)) };
  }
}

describe('the fitter', () => {
  let fitter: DetectorFitter;
  afterEach(() => fitter.forget());

  it('makes in its thread what the same vectors make here, and no more held-out scores than asked for', async () => {
    fitter = createDetectorFitter(SETTINGS);
    const direct = directFitter(SETTINGS);
    for (const each of [fitter, direct]) {
      expect(await each.add(CAT, portions(0, [3, 2]))).toBe(5);
      expect(await each.add(DOG, portions(1, [7]))).toBe(7);
      expect([...each.held]).toEqual([CAT, DOG]);
    }
    const made = await fitter.detector([CAT, DOG]);
    expect(made).toEqual(await direct.detector([CAT, DOG]));
    expect([...made.heldOut.places]).toEqual([0, 0, 0, 1, 1, 1]);
  });

  it('forgets everything where a class is broken off, or the thread ends over it', async () => {
    fitter = createDetectorFitter(SETTINGS);
    await fitter.add(CAT, portions(0, [3]));
    async function* broken(): AsyncGenerator<Portion> {
      yield* portions(1, [2]);
      throw new Error('Redis is away');
    }
    await expect(fitter.add(DOG, broken())).rejects.toThrow('Redis is away');
    expect(fitter.held.size).toBe(0);
    await expect(fitter.detector([CAT])).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('missing'),
    });
    await fitter.add(CAT, portions(0, [3]));
    await fitter.add(DOG, portions(1, [3]));
    expect((await fitter.detector([CAT, DOG])).keys).toEqual([CAT, DOG]);
  });

  it('refuses what is no vector', async () => {
    fitter = createDetectorFitter(SETTINGS);
    async function* odd(): AsyncGenerator<Portion> {
      yield { ids: ['odd'], vectors: Float32Array.of(Number.NaN, 0, 1) };
    }
    await expect(fitter.add(CAT, odd())).rejects.toMatchObject({ code: 'internal' });
    expect(fitter.held.size).toBe(0);
  });
});
