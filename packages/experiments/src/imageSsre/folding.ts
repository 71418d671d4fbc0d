import { EPSILON } from './batchNorm.js';
import type { Convolution, NormalisedConvolution } from './network.js';

/** Statistics of a convolution's outputs over many images; both of shape [outputs]. */
export interface Statistics {
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * The convolution that computes what `convolution` and its batch normalisation do, once its statistics stand fast:
 * W' = s W and b' = beta - s mean with s = gamma / sqrt(variance + epsilon), of each output channel.
 */
export function folded(
  { kernel, scale, shift, ...shape }: NormalisedConvolution,
  { mean, variance }: Statistics,
): Convolution {
  const factors = Float64Array.from(
    scale,
    (gamma, channel) => gamma / Math.sqrt((variance[channel] as number) + EPSILON),
  );
  return {
    ...shape,
    kernel: kernel.map((weight, at) => weight * (factors[at % shape.outputs] as number)),
    bias: shift.map((beta, channel) => beta - (factors[channel] as number) * (mean[channel] as number)),
  };
}
