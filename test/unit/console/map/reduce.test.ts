import { describe, expect, it } from 'vitest';
import { randomReduction } from '../../../../src/console/map/reduce.js';
import { normalised } from '../../../../src/domain/vector.js';

const wave = (phase: number): Float32Array =>
  normalised(Float32Array.from({ length: 600 }, (_, i) => Math.sin(phase + i * (1 + phase))));
const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

describe('the random reduction', () => {
  it('keeps angles nearly, and lengths', () => {
    const reduce = randomReduction(600, 96, 7);
    const vectors = Array.from({ length: 12 }, (_, index) => wave(index / 7));
    const reduced = vectors.map(reduce);
    let error = 0;
    for (let i = 0; i < 12; i++) {
      expect(reduced[i]).toHaveLength(96);
      expect(dot(reduced[i] as Float32Array, reduced[i] as Float32Array)).toBeCloseTo(1, 5);
      for (let j = 0; j < i; j++)
        error += Math.abs(
          dot(vectors[i] as Float32Array, vectors[j] as Float32Array) -
            dot(reduced[i] as Float32Array, reduced[j] as Float32Array),
        );
    }
    // The deviation of a cosine is about 1 / sqrt(96).
    expect(error / 66).toBeLessThan(0.11);
  });

  it('is the same for the same seed, and nothing where there is nothing to reduce', () => {
    expect(randomReduction(600, 96, 7)(wave(1))).toEqual(randomReduction(600, 96, 7)(wave(1)));
    expect(randomReduction(600, 96, 8)(wave(1))).not.toEqual(randomReduction(600, 96, 7)(wave(1)));
    const small = normalised(Float32Array.of(1, 2));
    expect(randomReduction(2, 96, 7)(small)).toBe(small);
  });
});
