import { expect } from 'vitest';
import { lossAndGradients, type Objective } from '../../../../src/model/ssre/optimise.js';
import { randomOf } from '../../../../src/model/ssre/random.js';
import type { Tensorflow } from '../../../../src/model/tensorflow/tensorflow.js';

/**
 * Compares the gradient of every parameter with central differences: along the gradient, where rounding and the kinks of
 * ReLU count least, and along single components.
 * @param step how far a parameter is moved to either side
 */
export function expectGradient(
  tf: Tensorflow,
  { parameters, examples, lossOf }: Objective,
  step = 5e-3,
): void {
  const batch = { rows: Uint32Array.from({ length: examples }, (_, row) => row), start: 0 };
  const loss = lossOf(randomOf(3));
  const { gradients } = lossAndGradients(tf, parameters, loss, batch);
  const random = randomOf(4);
  parameters.forEach(({ values }, index) => {
    const gradient = gradients[index] as Float32Array;
    const before = values.slice();
    const slopeAlong = (direction: Float32Array): number => {
      const valueAt = (factor: number): number => {
        values.set(before.map((value, i) => value + factor * (direction[i] as number)));
        return lossAndGradients(tf, parameters, loss, batch).value;
      };
      const slope = (valueAt(step) - valueAt(-step)) / (2 * step);
      values.set(before);
      return slope;
    };

    const length = Math.hypot(...gradient);
    const along = slopeAlong(gradient.map((value) => value / length));
    expect(Math.abs(along / length - 1), `parameter ${index} along its gradient`).toBeLessThan(0.01);

    const typical = length / Math.sqrt(values.length);
    for (let sample = 0; sample < 6; sample++) {
      const at = random.below(values.length);
      const slope = slopeAlong(new Float32Array(values.length).fill(1, at, at + 1));
      const error = Math.abs(slope - (gradient[at] as number)) / (Math.abs(slope) + typical);
      expect(error, `parameter ${index} at ${at}`).toBeLessThan(0.1);
    }
  });
}
