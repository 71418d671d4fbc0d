import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import type { Prototype, SsreState } from 'lethe/internal/model/ssre/network.js';
import type { Objective, Parameter } from 'lethe/internal/model/ssre/optimise.js';
import { preservingLoss } from 'lethe/internal/model/ssre/preservingLoss.js';
import type { Tensorflow } from 'lethe/internal/model/tensorflow/tensorflow.js';
import { drawViews, imagesOf } from './augmentation.js';
import type { ImageSsreConfig } from './config.js';
import type { LabelledImages } from './initialTask.js';
import { type Convolution, convolutionsOf, featureWidth, mapTrunk, type ResidualTrunk } from './network.js';
import {
  type ConvolutionTensors,
  type ExpandedConvolution,
  expanded,
  fused,
  plainly,
  type SideKernel,
  toTensors,
  zeroKernel,
} from './sideBranch.js';
import { throughTrunk } from './throughTrunk.js';

/** The side branches of a trunk at their beginning: one for each 3x3 convolution of the blocks. */
export function zeroKernels(trunk: ResidualTrunk<Convolution>): SideKernel[] {
  return mainConvolutions(trunk).map(zeroKernel);
}

/**
 * A later task: side branches and classifier learn by the {@link preservingLoss}, all else is frozen.
 * @param trunk folded
 * @param branches trained in place, in the order of {@link zeroKernels}
 * @param head rows of the remembered old classes and then of the new ones; trained in place
 * @param remembered prototypes of the old classes that are not unlearned, in the order of the head's first rows
 * @param data its labels are counted from the first new class
 * @returns the objective; its tensors are freed by `dispose`
 */
export function incrementalObjective(
  tf: Tensorflow,
  trunk: ResidualTrunk<Convolution>,
  branches: readonly SideKernel[],
  head: SsreState['head'],
  remembered: readonly Prototype[],
  { images, labels }: LabelledImages,
  config: ImageSsreConfig,
): Objective & { dispose(): void } {
  const width = featureWidth(trunk);
  const classes = head.bias.length;
  const frozen = mapTrunk(trunk, (convolution) => toTensors(tf, convolution));
  const loss = preservingLoss(tf, remembered, labels, { classes, width }, config);
  const parameters: Parameter[] = [
    { values: head.rows, shape: [classes, width] },
    { values: head.bias, shape: [classes] },
    ...mainConvolutions(trunk).map(({ inputs, outputs }, index) => ({
      values: branches[index] as SideKernel,
      shape: [1, 1, inputs, outputs],
    })),
  ];
  return {
    parameters,
    examples: labels.length,
    lossOf: (random) => {
      const views = drawViews(labels.length, config.augmentation, random);
      const lossOf = loss.ofEpoch(random);
      return ([rows, bias, ...sides], batch) => {
        const x = imagesOf(tf, images, config.side, batch.rows, (place) => views[batch.start + place]);
        const features = throughTrunk(tf, x, expandedBy(frozen, sides), (h, c) => expanded(tf, h, c));
        return lossOf({
          features,
          teacher: () => throughTrunk(tf, x, frozen, (h, c) => plainly(tf, h, c)),
          rows: rows as Tensor2D,
          bias: bias as Tensor1D,
          batch,
        });
      };
    },
    dispose: () => {
      loss.dispose();
      for (const { kernel, bias } of convolutionsOf(frozen)) {
        kernel.dispose();
        bias.dispose();
      }
    },
  };
}

/** The trunk with every branch fused; `branches` in the order of {@link zeroKernels}. */
export function fusedTrunk(
  trunk: ResidualTrunk<Convolution>,
  branches: readonly SideKernel[],
): ResidualTrunk<Convolution> {
  let index = 0;
  return mapTrunk(trunk, (convolution, role) =>
    role === 'main' ? fused(convolution, branches[index++] as SideKernel) : convolution,
  );
}

/** The frozen trunk with its side branches on the device. */
export function expandedBy(
  frozen: ResidualTrunk<ConvolutionTensors>,
  sides: readonly Tensor[],
): ResidualTrunk<ExpandedConvolution> {
  let index = 0;
  return mapTrunk(frozen, (convolution, role) => ({
    frozen: convolution,
    side: role === 'main' ? (sides[index++] as Tensor4D) : null,
    // The first block's input comes from the stem, which does not learn.
    inputGradient: index > 1,
  }));
}

function mainConvolutions(trunk: ResidualTrunk<Convolution>): Convolution[] {
  return trunk.blocks.flatMap(({ first, second }) => [first, second]);
}
