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
 * pass over plain arrays for every backend: as tensor operations it takes ten passes, most of a step's time on wasm.
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
    step(values, gradients[index], moments.first[index], moments.second[index], size, epsilon, weightDecay);
  });
}

function step(
  p: Float32Array,
  g: Float32Array | undefined,
  m: Float32Array | undefined,
  v: Float32Array | undefined,
  size: number,
  epsilon: number,
  weightDecay: number,
): void {
  if (g?.length !== p.length || m?.length !== p.length || v?.length !== p.length) {
    throw new RangeError(`a parameter of ${p.length} numbers has no gradient or moments of that length`);
  }
  for (let i = 0; i < p.length; i++) {
    const gradient = (g[i] as number) + weightDecay * (p[i] as number);
    const first = BETA1 * (m[i] as number) + (1 - BETA1) * gradient;
    const second = BETA2 * (v[i] as number) + (1 - BETA2) * gradient * gradient;
    m[i] = first;
    v[i] = second;
    p[i] = (p[i] as number) - (size * first) / (Math.sqrt(second) + epsilon);
  }
}
