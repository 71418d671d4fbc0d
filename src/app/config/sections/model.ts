/** The model and its embedder. Every field says what it is for. */

import { z } from 'zod';
import { onnxEmbedderSchema } from '../../../model/embedder/onnxDescription.js';
import { tfjsEmbedderSchema } from '../../../model/embedder/tfjsDescription.js';
import { TENSORFLOW_BACKENDS } from '../../../model/tensorflow/loadTensorflow.js';

export const model = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(200)
      .describe('Name of the model: the key of commands, events and model versions.'),
    seed: z
      .int()
      .nonnegative()
      .max(2 ** 32 - 1)
      .describe('Seed of everything that is drawn; same input, config and backend give the same result.'),
    checkpoints: z.string().min(1).describe('Folder of the checkpoints; made if it is not there.'),
    backend: z
      .enum(['auto', ...TENSORFLOW_BACKENDS])
      .describe('TensorFlow backend; auto takes the fastest that works here.'),
  })
  .describe('The model, its seed and where it is kept.');

const bundledEmbedder = z.strictObject({
  kind: z.literal('bundled').describe('EfficientNet-Lite0 with ImageNet weights, which comes with Lethe.'),
  size: z.int().min(96).max(224).default(224).describe('Side of the square images that it sees, in pixels.'),
  threads: z.int().min(1).max(256).optional().describe('Threads; by default one for each core.'),
});

export const embedder = z
  .discriminatedUnion('kind', [bundledEmbedder, onnxEmbedderSchema, tfjsEmbedderSchema])
  .describe('The frozen network that turns images into vectors: the bundled one, or your own file.');
