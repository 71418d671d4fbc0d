import { fileURLToPath } from 'node:url';
import type { OnnxEmbedderDescription } from './onnxDescription.js';

/**
 * The bundled default: EfficientNet-Lite0 with ImageNet weights, 1280 components.
 * Provenance and licence are beside the file, in assets/embedders.
 */
export const EFFICIENTNET_LITE0: OnnxEmbedderDescription = {
  kind: 'onnx',
  name: 'efficientnet-lite0',
  path: fileURLToPath(new URL('../../../assets/embedders/efficientnet-lite0-int8.onnx', import.meta.url)),
  input: 'input',
  output: 'embedding',
  inputSize: { width: 224, height: 224 },
  scale: 1,
  mean: [127, 127, 127],
  std: [128, 128, 128],
  layout: 'NCHW',
  channels: 'RGB',
  batchLimit: 32,
};
