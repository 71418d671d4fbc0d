import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../../../src/model/filter/calibrate.js';
import { isUnlearned } from '../../../../src/model/filter/filter.js';

const scores = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 });
const specificity = fc.double({ min: 0, max: 1, noNaN: true });

const share = (values: readonly number[], stopped: boolean, level: number): number =>
  values.filter((score) => isUnlearned(score, level) === stopped).length / values.length;

describe('calibrate', () => {
  it('puts the level into the gap where the two kinds are apart, however low a specificity would do', () => {
    const { level, ...quality } = calibrate([0.1, 0.2], [0.6, 0.7], 0.5);
    expect(level).toBeCloseTo(0.4, 12);
    expect(quality).toEqual({ specificity: 1, recall: 1 });
  });

  it('gives up recall for the wanted specificity where they overlap', () => {
    const remaining = [0.1, 0.2, 0.3, 0.5];
    const unlearned = [0.4, 0.45, 0.6, 0.7];
    expect(calibrate(remaining, unlearned, 0.75)).toMatchObject({ specificity: 0.75, recall: 1 });
    expect(calibrate(remaining, unlearned, 0.9)).toMatchObject({ specificity: 1, recall: 0.5 });
  });

  it('takes the higher specificity of levels that are as good', () => {
    // Between 1 and 2: 0.5 + 1; above 3: 1 + 0.5.
    const { level, ...quality } = calibrate([1, 3], [2, 4], 0);
    expect(level).toBe(3.5);
    expect(quality).toEqual({ specificity: 1, recall: 0.5 });
  });

  it('stops nothing where nothing else keeps the wanted specificity', () => {
    const { level, ...quality } = calibrate([0.6], [0.1], 1);
    expect(level).toBeCloseTo(0.6, 5);
    expect(level).toBeGreaterThan(0.6);
    expect(quality).toEqual({ specificity: 1, recall: 0 });
  });

  it('reaches the wanted specificity and reports what it measured, whatever the scores', () => {
    fc.assert(
      fc.property(scores, scores, specificity, (remaining, unlearned, wanted) => {
        const calibration = calibrate(remaining, unlearned, wanted);
        expect(calibration.specificity).toBeGreaterThanOrEqual(wanted);
        expect(calibration.specificity).toBeCloseTo(share(remaining, false, calibration.level), 12);
        expect(calibration.recall).toBeCloseTo(share(unlearned, true, calibration.level), 12);
      }),
    );
  });

  it('finds no level worse than any other that keeps the wanted specificity', () => {
    fc.assert(
      fc.property(scores, scores, specificity, fc.integer({ min: -21, max: 21 }), (...given) => {
        const [remaining, unlearned, wanted, other] = given;
        const level = other + 0.5;
        fc.pre(share(remaining, false, level) >= wanted);
        const { specificity: passing, recall } = calibrate(remaining, unlearned, wanted);
        const otherSum = share(remaining, false, level) + share(unlearned, true, level);
        expect(passing + recall).toBeGreaterThanOrEqual(otherSum - 1e-9);
      }),
    );
  });
});
