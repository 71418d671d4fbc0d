import type {
  GradSaveFunc,
  NamedAttrMap,
  NamedTensorMap,
  Tensor,
  Tensor2D,
  Tensor4D,
} from '@tensorflow/tfjs';
import { linear } from 'lethe/internal/model/ssre/linear.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';

export interface ConvolveOptions {
  readonly stride: 1 | 2;
  /** Whether the gradient by x is wanted; it is not where nothing before it learns. */
  readonly inputGradient: boolean;
  /** Whether the gradient by the kernel is wanted; it is not for frozen ones. */
  readonly kernelGradient: boolean;
}

/**
 * W * x, padded by (size - 1) / 2 on every side as in PyTorch, with a gradient of its own: gradients that nobody wants
 * are not computed, and wasm, which has no kernel for that of W, takes it as nine products of matrices.
 * @param x shape [n, height, width, inputs]; even sides where the stride is 2
 * @param kernel shape [size, size, inputs, outputs]
 * @returns shape [n, height / stride, width / stride, outputs]
 */
export function convolve(tf: Tensorflow, x: Tensor4D, kernel: Tensor4D, options: ConvolveOptions): Tensor4D {
  return kernel.shape[0] === 1 ? pointwise(tf, x, kernel, options) : convolveAround(tf, x, kernel, options);
}

/**
 * A 1x1 kernel is a matrix for every place: so it is computed. (Native TensorFlow's own gradient by such a kernel of
 * stride 2 writes past its memory where a batch has an odd number of images: TensorFlow 2.15.1 on a CPU.)
 */
function pointwise(
  tf: Tensorflow,
  x: Tensor4D,
  kernel: Tensor4D,
  { stride, inputGradient, kernelGradient }: ConvolveOptions,
): Tensor4D {
  const [, , inputs, outputs] = kernel.shape;
  const seen = stride === 1 ? x : everySecond(tf, x);
  const [n, height, width] = seen.shape;
  const y = linear(
    tf,
    tf.reshape(seen, [n * height * width, inputs]),
    { weights: tf.reshape(kernel, [inputs, outputs]) },
    { inputGradient, parameterGradient: kernelGradient },
  );
  return tf.reshape(y, [n, height, width, outputs]);
}

/** Every second row and column, from the first on: shape [n, height / 2, width / 2, channels]. */
function everySecond(tf: Tensorflow, x: Tensor4D): Tensor4D {
  const operation = tf.customGrad<Tensor4D>(() => ({
    value: tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 2, 2, 1]) as Tensor4D,
    gradFunc: (dy: Tensor) => spread(tf, dy as Tensor4D),
  }));
  return operation(x);
}

/**
 * A kernel of 3x3. TensorFlow's own padding of stride 2 begins one pixel later: the centre of the kernel would not lie
 * where the 1x1 kernel of a side branch does, and fusion would be wrong. So such inputs are padded beforehand.
 */
function convolveAround(
  tf: Tensorflow,
  x: Tensor4D,
  kernel: Tensor4D,
  { stride, inputGradient, kernelGradient }: ConvolveOptions,
): Tensor4D {
  const forward = (): Tensor4D =>
    stride === 1 ? tf.conv2d(x, kernel, 1, 'same') : tf.conv2d(bordered(tf, x), kernel, stride, 'valid');
  if (!inputGradient && !kernelGradient) return forward();

  const operation = tf.customGrad<Tensor4D>((...inputs) => {
    const value = forward();
    // The last argument keeps tensors for the gradient: all others are gone by then.
    (inputs.at(-1) as GradSaveFunc)([x, kernel]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [input, weights] = saved as [Tensor4D, Tensor4D];
      const slope = dy as Tensor4D;
      return [
        ...(inputGradient ? [byInput(tf, slope, weights, stride, input.shape)] : []),
        ...(kernelGradient ? [byKernel(tf, input, slope, stride, weights.shape)] : []),
      ];
    };
    return { value, gradFunc };
  });
  return operation(...(inputGradient ? [x] : []), ...(kernelGradient ? [kernel] : []));
}

type Shape = Tensor4D['shape'];

/** x within a border of zeros, one pixel wide: shape [n, height + 2, width + 2, inputs]. */
function bordered(tf: Tensorflow, x: Tensor4D): Tensor4D {
  return tf.pad(x, [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
}

/** The gradient by x: shape [n, height, width, inputs]. */
function byInput(tf: Tensorflow, dy: Tensor4D, kernel: Tensor4D, stride: 1 | 2, shape: Shape): Tensor4D {
  if (tf.getBackend() !== 'wasm') {
    if (stride === 1) return tf.conv2dTranspose(dy, kernel, shape, 1, 'same');
    const [n, height, width, inputs] = shape;
    const within: Shape = [n, height + 2, width + 2, inputs];
    return tf.slice(tf.conv2dTranspose(dy, kernel, within, stride, 'valid'), [0, 1, 1, 0], shape);
  }
  // A convolution of the gradient, its places spread as far apart as they lie in x, with the kernel turned round.
  const turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2]);
  return tf.conv2d(stride === 1 ? dy : spread(tf, dy), turned as Tensor4D, 1, 'same');
}

/** Zeros after every row and every column: shape [n, 2 height, 2 width, channels]. */
function spread(tf: Tensorflow, dy: Tensor4D): Tensor4D {
  const [n, height, width, channels] = dy.shape;
  const wide = withZeros(tf, tf.reshape(dy, [n * height * width, channels]));
  return tf.reshape(withZeros(tf, tf.reshape(wide, [n * height, 2 * width * channels])), [
    n,
    2 * height,
    2 * width,
    channels,
  ]);
}

function withZeros(tf: Tensorflow, rows: Tensor2D): Tensor2D {
  return tf.concat([rows, tf.zerosLike(rows)], 1);
}

/** The gradient by W: shape [size, size, inputs, outputs]. */
function byKernel(tf: Tensorflow, x: Tensor4D, dy: Tensor4D, stride: 1 | 2, shape: Shape): Tensor {
  const [size, , inputs, outputs] = shape;
  if (tf.getBackend() !== 'wasm') {
    const tensors: NamedTensorMap = { x: stride === 1 ? x : bordered(tf, x), dy };
    const attributes: NamedAttrMap = {
      strides: [stride, stride],
      pad: stride === 1 ? 'same' : 'valid',
      dataFormat: 'NHWC',
      filterShape: [...shape],
    };
    return tf.engine().runKernel('Conv2DBackpropFilter', tensors, attributes) as Tensor;
  }
  const padded = bordered(tf, x);
  const [n, height, width] = dy.shape;
  const slope = tf.reshape(dy, [n * height * width, outputs]);
  const places = Array.from({ length: size * size }, (_, at) => {
    const begin = [0, Math.floor(at / size), at % size, 0];
    const end = [n, (begin[1] as number) + stride * height, (begin[2] as number) + stride * width, inputs];
    const seen = tf.stridedSlice(padded, begin, end, [1, stride, stride, 1]);
    return tf.matMul(tf.transpose(tf.reshape(seen, [n * height * width, inputs])), slope);
  });
  return tf.reshape(tf.stack(places), [...shape]);
}
