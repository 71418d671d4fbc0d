import { z } from 'zod';
import { TENSORFLOW_BACKENDS } from '../tensorflow/loadTensorflow.js';
import { preprocessingSchema } from './preprocessing.js';

/** Everything needed to use a TensorFlow.js model (layers or graph) as the embedder. */
export const tfjsEmbedderSchema = preprocessingSchema.extend({
  kind: z.literal('tfjs').describe('A layers or graph model of TensorFlow.js.'),
  name: z.string().min(1).describe('Names the embedder in logs and metrics; the input size is added.'),
  path: z
    .string()
    .min(1)
    .describe('The `model.json`, its weights beside it; relative to the working directory.'),
  output: z
    .string()
    .min(1)
    .optional()
    .describe('Layer or node to take, by default the output of the model; maps are averaged to a vector.'),
  layout: z.enum(['NCHW', 'NHWC']).default('NHWC').describe('Axes of the input.'),
  backend: z
    .enum(['auto', ...TENSORFLOW_BACKENDS])
    .default('auto')
    .describe('Backend of TensorFlow.js that computes it; auto takes the fastest there is.'),
  batchLimit: z
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .describe('Most images in one run; a larger batch is split.'),
});
export type TfjsEmbedderDescription = z.infer<typeof tfjsEmbedderSchema>;
