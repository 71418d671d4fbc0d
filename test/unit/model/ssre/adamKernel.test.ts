import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import wabt from 'wabt';
import { adamStep, initialMoments } from '../../../../src/model/ssre/adam.js';
import { STEP } from '../../../../src/model/ssre/adamKernel.js';
import { normals, randomOf } from '../../../../src/model/ssre/random.js';

const source = new URL('../../../../src/model/ssre/adam.wat', import.meta.url);

/** Adam as it is written in the paper, in float64. */
function plainAdam(values: Float32Array, gradients: readonly Float32Array[], rate: number, decay: number) {
  const p = Float64Array.from(values);
  const [m, v] = [new Float64Array(p.length), new Float64Array(p.length)];
  gradients.forEach((gradient, step) => {
    for (let i = 0; i < p.length; i++) {
      const g = (gradient[i] as number) + decay * (p[i] as number);
      m[i] = 0.9 * (m[i] as number) + 0.1 * g;
      v[i] = 0.999 * (v[i] as number) + 0.001 * g * g;
      const mean = (m[i] as number) / (1 - 0.9 ** (step + 1));
      const square = (v[i] as number) / (1 - 0.999 ** (step + 1));
      p[i] = (p[i] as number) - (rate * mean) / (Math.sqrt(square) + 1e-8);
    }
  });
  return { p, m, v };
}

describe('the kernel of Adam', () => {
  it('is what adam.wat says', async () => {
    const module = (await wabt()).parseWat('adam.wat', await readFile(source, 'utf8'), { simd: true });
    expect(Buffer.from(module.toBinary({}).buffer).toString('base64')).toBe(STEP);
  });

  it.each([1, 3, 4, 1000, 16_384, 40_001])('steps as the paper says, over %i numbers', (length) => {
    const values = normals(length, 1, randomOf(1, length));
    const gradients = [2, 3, 4].map((seed) => normals(length, 0.1 * seed, randomOf(seed, length)));
    const expected = plainAdam(values, gradients, 0.01, 0.02);
    const parameters = [{ values: values.slice() }];
    const moments = initialMoments(parameters);
    for (const gradient of gradients) {
      const kept = gradient.slice();
      adamStep(parameters, [gradient], moments, 0.01, 0.02);
      expect(gradient).toEqual(kept);
    }
    const near = (actual: Float32Array | undefined, wanted: Float64Array): void => {
      const worst = wanted.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (actual?.[i] ?? 9))),
        0,
      );
      expect(worst).toBeLessThan(2e-6);
    };
    near(parameters[0]?.values, expected.p);
    near(moments.first[0], expected.m);
    near(moments.second[0], expected.v);
  });

  it('refuses gradients of another length', () => {
    const parameters = [{ values: new Float32Array(4) }];
    expect(() => adamStep(parameters, [new Float32Array(5)], initialMoments(parameters), 0.1, 0)).toThrow(
      RangeError,
    );
  });
});
