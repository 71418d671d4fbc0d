/** The model and its embedder. Every field says what it is for. */

import { z } from 'zod';
import { onnxEmbedderSchema } from '../../../model/embedder/onnxDescription.js';
import { textEmbedderSchema } from '../../../model/embedder/textDescription.js';
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
      .describe('Seed of all random draws. The same input, settings and backend give the same result.'),
    checkpoints: z.string().min(1).describe('Folder of the checkpoints. Lethe creates it.'),
    keep: z
      .int()
      .min(2)
      .describe('Models to keep: the current one and those before it. Lethe removes older ones.'),
    backend: z
      .enum(['auto', ...TENSORFLOW_BACKENDS])
      .describe('TensorFlow backend. auto takes the fastest that works.'),
  })
  .describe('The model, its seed and its folder.');

const bundledEmbedder = z.strictObject({
  kind: z.literal('bundled').describe('EfficientNet-Lite0 with ImageNet weights, which is part of Lethe.'),
  size: z.int().min(96).max(224).default(224).describe('Side of the square input images, in pixels.'),
  threads: z.int().min(1).max(256).optional().describe('Threads. The default is one for each core.'),
});

const vectorsEmbedder = z.strictObject({
  kind: z
    .literal('vectors')
    .describe('No network: all inputs are vectors, and Lethe refuses images and texts.'),
  dimension: z.int().min(1).max(65_536).describe('Components of a vector.'),
});

export const embedder = z
  .discriminatedUnion('kind', [
    bundledEmbedder,
    vectorsEmbedder,
    textEmbedderSchema,
    onnxEmbedderSchema,
    tfjsEmbedderSchema,
  ])
  .describe(
    'The frozen network that turns images or texts into vectors: the bundled one, your own file, or none.',
  );
