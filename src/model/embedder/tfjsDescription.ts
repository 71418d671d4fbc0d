import { z } from 'zod';
import { TENSORFLOW_BACKENDS } from '../tensorflow/loadTensorflow.js';
import { preprocessingSchema } from './preprocessing.js';

/** Everything needed to use a TensorFlow.js model (layers or graph) as the embedder. */
export const tfjsEmbedderSchema = preprocessingSchema.extend({
  kind: z.literal('tfjs').describe('A layers or graph model of TensorFlow.js.'),
  name: z.string().min(1).describe('Name of the embedder in logs and metrics. Lethe appends the input size.'),
  path: z
    .string()
    .min(1)
    .describe('The `model.json`, relative to the working directory. Its weights are beside it.'),
  output: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Layer or node to use. The default is the output of the model. Lethe averages feature maps to a vector.',
    ),
  layout: z.enum(['NCHW', 'NHWC']).default('NHWC').describe('Axes of the input.'),
  backend: z
    .enum(['auto', ...TENSORFLOW_BACKENDS])
    .default('auto')
    .describe('Backend of TensorFlow.js. auto takes the fastest that works.'),
  batchLimit: z
    .int()
    .min(1)
    .max(4096)
    .default(16)
    .describe('Largest batch of images. Lethe splits larger ones.'),
});
export type TfjsEmbedderDescription = z.infer<typeof tfjsEmbedderSchema>;
