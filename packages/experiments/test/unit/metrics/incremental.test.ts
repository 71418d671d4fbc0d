import { describe, expect, it } from 'vitest';
import {
  averageIncrementalAccuracy,
  backwardTransfer,
  forgetting,
} from '../../../src/metrics/incremental.js';

const matrix = [[0.9], [0.95, 0.8], [0.7, 0.75, 0.85]];

describe('metrics of class-incremental learning', () => {
  it('average incremental accuracy is the mean of the accuracies after each task', () => {
    expect(averageIncrementalAccuracy([0.95, 0.8, 0.74])).toBeCloseTo(0.83, 12);
  });

  it('forgetting compares the best earlier accuracy of a task with its last one', () => {
    // F_1 = max(0.9, 0.95) - 0.7 = 0.25; F_2 = 0.8 - 0.75 = 0.05
    expect(forgetting(matrix)).toBeCloseTo(0.15, 12);
  });

  it('backward transfer compares the accuracy right after a task with its last one', () => {
    // (0.7 - 0.9 + 0.75 - 0.8) / 2
    expect(backwardTransfer(matrix)).toBeCloseTo(-0.125, 12);
  });

  it('forgetting is negative where a task got better', () => {
    expect(forgetting([[0.5], [0.6, 0.9]])).toBeCloseTo(-0.1, 12);
  });

  it('one task is neither forgotten nor transferred to', () => {
    expect(forgetting([[0.9]])).toBeNull();
    expect(backwardTransfer([[0.9]])).toBeNull();
  });

  it('a matrix that is not lower triangular is refused', () => {
    expect(() => forgetting([[0.9], [0.9]])).toThrow(RangeError);
  });
});
