import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import { targetsOf } from 'lethe/internal/model/ssre/batch.js';
import { headLogits } from 'lethe/internal/model/ssre/head.js';
import { crossEntropy } from 'lethe/internal/model/ssre/losses.js';
import type { SsreState } from 'lethe/internal/model/ssre/network.js';
import { batchesOf, type Objective, type Parameter } from 'lethe/internal/model/ssre/optimise.js';
import { permutation, type Random } from 'lethe/internal/model/ssre/random.js';
import { computed } from 'lethe/internal/model/tensorflow/computed.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import { drawViews, imagesOf } from './augmentation.js';
import { batchNorm, momentsOf } from './batchNorm.js';
import type { ImageSsreConfig } from './config.js';
import { convolve } from './convolve.js';
import { folded, type Statistics } from './folding.js';
import {
  type Convolution,
  convolutionsOf,
  featureWidth,
  mapTrunk,
  type NormalisedConvolution,
  type ResidualTrunk,
  type Role,
} from './network.js';
import { throughTrunk } from './throughTrunk.js';

/** Images with their classes. */
export interface LabelledImages {
  /** Bytes, each image as its red, green and blue planes: shape [n, 3, side, side]. */
  readonly images: Uint8Array;
  /** n class numbers. */
  readonly labels: Int32Array;
}

/** A convolution and its batch normalisation on the device. */
interface NormalisedTensors {
  readonly stride: 1 | 2;
  readonly kernel: Tensor4D;
  readonly scale: Tensor1D;
  readonly shift: Tensor1D;
  readonly role: Role;
  /** Its place in `convolutionsOf`. */
  readonly index: number;
}

/**
 * The first task: the whole trunk, with batch normalisation, and the classifier learn by cross-entropy, CE(z / tau, y).
 * @param trunk its arrays are trained in place
 * @param head likewise
 */
export function initialObjective(
  tf: Tensorflow,
  trunk: ResidualTrunk<NormalisedConvolution>,
  head: SsreState['head'],
  { images, labels }: LabelledImages,
  config: Pick<ImageSsreConfig, 'temperature' | 'labelSmoothing' | 'augmentation' | 'side'>,
): Objective {
  const classes = head.bias.length;
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, featureWidth(trunk)] },
    { values: head.bias, shape: [classes] },
    ...parametersOf(trunk),
  ];
  return {
    parameters,
    examples: labels.length,
    lossOf: (random) => {
      const views = drawViews(labels.length, config.augmentation, random);
      return ([rows, bias, ...rest], batch) => {
        const x = imagesOf(tf, images, config.side, batch.rows, (place) => views[batch.start + place]);
        const f = throughTrunk(tf, x, tensorsOf(trunk, rest), (h, { stride, kernel, scale, shift, role }) =>
          batchNorm(
            tf,
            convolve(tf, h, kernel, { stride, inputGradient: role !== 'stem', kernelGradient: true }),
            scale,
            shift,
          ),
        );
        const logits = headLogits(tf, f, rows as Tensor2D, bias as Tensor1D, config.temperature);
        const targets = targetsOf(tf, labels, batch.rows, classes, { smoothing: config.labelSmoothing });
        return tf.mean<Scalar>(crossEntropy(tf, logits, targets));
      };
    },
  };
}

/**
 * The trunk with every batch normalisation folded into its convolution. Their statistics are the means over batches of
 * all images, taken as they are, through the finished network (Wu and Johnson, "Rethinking 'Batch' in BatchNorm", 2021,
 * section 3) instead of running means of the training: those lag behind the weights, and would have to be saved with them.
 * @param batchSize as in training
 */
export function foldedTrunk(
  tf: Tensorflow,
  trunk: ResidualTrunk<NormalisedConvolution>,
  { images, labels }: LabelledImages,
  { side, batchSize }: { readonly side: number; readonly batchSize: number },
  random: Random,
): ResidualTrunk<Convolution> {
  const sums = convolutionsOf(trunk).map(({ outputs }) => ({
    mean: new Float32Array(outputs),
    variance: new Float32Array(outputs),
  }));
  const parameters = parametersOf(trunk);
  for (const { rows } of batchesOf(permutation(labels.length, random), batchSize)) {
    const share = rows.length / labels.length;
    computed(tf, () => {
      const tensors = parameters.map(({ values, shape }) => tf.tensor(values, [...shape], 'float32'));
      throughTrunk(tf, imagesOf(tf, images, side, rows), tensorsOf(trunk, tensors), (h, convolution) => {
        const { stride, kernel, scale, shift, index } = convolution;
        const y = convolve(tf, h, kernel, { stride, inputGradient: false, kernelGradient: false });
        const { mean, variance } = momentsOf(tf, y);
        addTo(sums[index]?.mean, mean, share);
        addTo(sums[index]?.variance, variance, share);
        return batchNorm(tf, y, scale, shift);
      });
    });
  }
  let index = 0;
  return mapTrunk(trunk, (convolution) => folded(convolution, sums[index++] as Statistics));
}

function addTo(sums: Float32Array | undefined, values: Tensor1D, share: number): void {
  values.dataSync<'float32'>().forEach((value, at) => {
    if (sums) sums[at] = (sums[at] as number) + share * value;
  });
}

/** What learns of each convolution: kernel, gamma and beta by turns. */
function parametersOf(trunk: ResidualTrunk<NormalisedConvolution>): Parameter[] {
  return convolutionsOf(trunk).flatMap(({ size, inputs, outputs, kernel, scale, shift }) => [
    { values: kernel, shape: [size, size, inputs, outputs] },
    { values: scale, shape: [outputs] },
    { values: shift, shape: [outputs] },
  ]);
}

/** The trunk with its parameters on the device, in the order of {@link parametersOf}. */
function tensorsOf(
  trunk: ResidualTrunk<NormalisedConvolution>,
  tensors: readonly Tensor[],
): ResidualTrunk<NormalisedTensors> {
  let index = 0;
  return mapTrunk(trunk, ({ stride }, role) => {
    const [kernel, scale, shift] = tensors.slice(3 * index);
    return {
      stride,
      kernel: kernel as Tensor4D,
      scale: scale as Tensor1D,
      shift: shift as Tensor1D,
      role,
      index: index++,
    };
  });
}
