import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import { convolve } from './convolve.js';
import type { Convolution, ConvolutionShape } from './network.js';

/** A 1x1 convolution V beside a frozen one: the same input and stride, no bias; shape [1, 1, inputs, outputs]. */
export type SideKernel = Float32Array;

/** A branch that computes zero, so that the expanded network starts as the old one. */
export function zeroKernel({ inputs, outputs }: ConvolutionShape): SideKernel {
  return new Float32Array(inputs * outputs);
}

/** A convolution on the device. */
export interface ConvolutionTensors extends Pick<ConvolutionShape, 'stride'> {
  readonly kernel: Tensor4D;
  readonly bias: Tensor1D;
}

/** The convolution's parameters on the device; to be disposed by the caller (or tf.tidy). */
export function toTensors(
  tf: Tensorflow,
  { size, stride, inputs, outputs, kernel, bias }: Convolution,
): ConvolutionTensors {
  return { stride, kernel: tf.tensor4d(kernel, [size, size, inputs, outputs]), bias: tf.tensor1d(bias) };
}

/** W * x + b without any gradient. */
export function plainly(tf: Tensorflow, x: Tensor4D, { kernel, bias, stride }: ConvolutionTensors): Tensor4D {
  return tf.add(convolve(tf, x, kernel, { stride, inputGradient: false, kernelGradient: false }), bias);
}

/** A frozen convolution and its side branch, where it has one. */
export interface ExpandedConvolution {
  readonly frozen: ConvolutionTensors;
  readonly side: Tensor4D | null;
  /** Whether anything before it learns. */
  readonly inputGradient: boolean;
}

/** W * x + b + V * x, with W and b frozen. */
export function expanded(
  tf: Tensorflow,
  x: Tensor4D,
  { frozen: { kernel, bias, stride }, side, inputGradient }: ExpandedConvolution,
): Tensor4D {
  const main = tf.add<Tensor4D>(
    convolve(tf, x, kernel, { stride, inputGradient, kernelGradient: false }),
    bias,
  );
  return side === null
    ? main
    : tf.add(main, convolve(tf, x, side, { stride, inputGradient, kernelGradient: true }));
}

/**
 * The convolution that computes what `convolution` and its branch did together: the 1x1 kernel, zero-padded to 3x3 with
 * its value in the centre, is added: W <- W + pad(V) (SSRE, Eq. 4).
 */
export function fused(convolution: Convolution, side: SideKernel): Convolution {
  const { size, inputs, outputs } = convolution;
  const kernel = convolution.kernel.slice();
  const centre = ((size * size - 1) / 2) * inputs * outputs;
  side.forEach((value, at) => {
    kernel[centre + at] = (kernel[centre + at] as number) + value;
  });
  return { ...convolution, kernel };
}
