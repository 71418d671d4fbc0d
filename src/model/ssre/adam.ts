import { stepInPlace } from './adamKernel.js';

// As in adam.wat.
const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Running means of the gradients and of their squares, one array a parameter, and the steps taken. */
export interface Moments {
  readonly first: readonly Float32Array[];
  readonly second: readonly Float32Array[];
  steps: number;
}

/** The moments before the first step. */
export function initialMoments(parameters: readonly { readonly values: Float32Array }[]): Moments {
  const zeros = (): Float32Array[] => parameters.map(({ values }) => new Float32Array(values.length));
  return { first: zeros(), second: zeros(), steps: 0 };
}

/** Moments of their own with the same numbers, so that steps leave `moments` as they are. */
export function copied({ first, second, steps }: Readonly<Moments>): Moments {
  const copies = (arrays: readonly Float32Array[]): Float32Array[] => arrays.map((array) => array.slice());
  return { first: copies(first), second: copies(second), steps };
}

/**
 * One step of Adam (Kingma and Ba, 2015) with the L2 penalty inside the gradient, as in PyTorch: g + weightDecay * p. One
 * pass over host arrays for every backend: as tensor operations it takes ten passes, most of a step's time on wasm.
 * @param parameters changed in place
 * @param gradients one for each parameter, of its length
 * @param moments changed in place
 */
export function adamStep(
  parameters: readonly { readonly values: Float32Array }[],
  gradients: readonly Float32Array[],
  moments: Moments,
  learningRate: number,
  weightDecay: number,
): void {
  moments.steps += 1;
  // The bias corrections of both means, moved into the step size and epsilon.
  const secondCorrection = Math.sqrt(1 - BETA2 ** moments.steps);
  const size = (learningRate * secondCorrection) / (1 - BETA1 ** moments.steps);
  const epsilon = EPSILON * secondCorrection;
  parameters.forEach(({ values }, index) => {
    const [g, m, v] = [gradients[index], moments.first[index], moments.second[index]];
    refuseOtherLength(values.length, g, m, v);
    const options = { size, epsilon, decay: weightDecay };
    stepInPlace(values, g as Float32Array, m as Float32Array, v as Float32Array, options);
  });
}

function refuseOtherLength(length: number, ...others: readonly (Float32Array | undefined)[]): void {
  if (others.every((other) => other?.length === length)) return;
  throw new RangeError(`a parameter of ${length} numbers has no gradient or moments of that length`);
}
