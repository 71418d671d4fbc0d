import { normals, type Random } from 'lethe/internal/model/ssre/random.js';
import type { TrunkName } from './config.js';
import {
  type ConvolutionShape,
  mapTrunk,
  type NormalisedConvolution,
  type ResidualBlock,
  type ResidualTrunk,
} from './network.js';

/** Stages, blocks of each and channels of the first; every later stage has twice the channels and half the side. */
const LAYOUTS: Readonly<Record<TrunkName, { stages: number; blocks: number; channels: number }>> = {
  /** As published with SSRE: 64, 128, 256, 512 channels; no pooling after the 3x3 stem. */
  resnet18: { stages: 4, blocks: 2, channels: 64 },
  /** He et al. (2016), section 4.2: 16, 32, 64 channels; with projections where they pad the shortcut with zeros. */
  resnet20: { stages: 3, blocks: 3, channels: 16 },
};

/** The convolutions of a trunk over RGB images. */
export function trunkShape(
  name: TrunkName,
  channels = LAYOUTS[name].channels,
): ResidualTrunk<ConvolutionShape> {
  const { stages, blocks } = LAYOUTS[name];
  const all: ResidualBlock<ConvolutionShape>[] = [];
  let inputs = channels;
  for (let stage = 0; stage < stages; stage++) {
    const outputs = channels * 2 ** stage;
    for (let index = 0; index < blocks; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      all.push({
        first: { size: 3, stride, inputs, outputs },
        second: { size: 3, stride: 1, inputs: outputs, outputs },
        shortcut: stride === 1 && inputs === outputs ? null : { size: 1, stride, inputs, outputs },
      });
      inputs = outputs;
    }
  }
  return { stem: { size: 3, stride: 1, inputs: 3, outputs: channels }, blocks: all };
}

/** A new trunk: He's initial weights by the outputs of a kernel (fan out), gamma = 1, beta = 0. */
export function initialTrunk(
  name: TrunkName,
  channels: number | undefined,
  random: Random,
): ResidualTrunk<NormalisedConvolution> {
  return mapTrunk(trunkShape(name, channels), (shape) => {
    const { size, inputs, outputs } = shape;
    const deviation = Math.sqrt(2 / (size * size * outputs));
    return {
      ...shape,
      kernel: normals(size * size * inputs * outputs, deviation, random),
      scale: new Float32Array(outputs).fill(1),
      shift: new Float32Array(outputs),
    };
  });
}
