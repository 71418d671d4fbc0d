import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmaxOf, maskedSoftmax } from '../../../../src/model/answer/softmax.js';

describe('maskedSoftmax', () => {
  it('is the softmax of the chosen logits alone', () => {
    const [a, b] = maskedSoftmax(Float32Array.of(0, 99, Math.log(3)), [0, 2], 1);
    expect(a).toBeCloseTo(0.25, 6);
    expect(b).toBeCloseTo(0.75, 6);
  });

  it('divides the logits by the temperature', () => {
    const [a, b] = maskedSoftmax(Float32Array.of(0, 99, 2 * Math.log(3)), [0, 2], 2);
    expect(a).toBeCloseTo(0.25, 6);
    expect(b).toBeCloseTo(0.75, 6);
  });

  it('stays finite and sums to 1 for logits of any size', () => {
    const logits = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
    fc.assert(
      fc.property(logits, (all) => {
        const probabilities = maskedSoftmax(Float32Array.from(all), [...all.keys()], 1);
        expect(probabilities.every(Number.isFinite)).toBe(true);
        expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('does not change when a number is added to all logits', () => {
    const plain = maskedSoftmax(Float32Array.of(1, 2, 3), [0, 1, 2], 1);
    const shifted = maskedSoftmax(Float32Array.of(101, 102, 103), [0, 1, 2], 1);
    for (const [index, probability] of plain.entries()) expect(shifted[index]).toBeCloseTo(probability, 9);
  });
});

describe('argmaxOf', () => {
  it('looks at the chosen logits only and names the first of equals', () => {
    expect(argmaxOf(Float32Array.of(9, 1, 5, 5), [1, 2, 3])).toBe(2);
    expect(argmaxOf(Float32Array.of(9, -1), [1])).toBe(1);
  });
});
