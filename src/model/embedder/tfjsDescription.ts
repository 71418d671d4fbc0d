import { z } from 'zod';
import { TENSORFLOW_BACKENDS } from '../tensorflow/loadTensorflow.js';
import { preprocessingSchema } from './preprocessing.js';

/** Everything needed to use a TensorFlow.js model (layers or graph) as the embedder. */
export const tfjsEmbedderSchema = preprocessingSchema.extend({
  kind: z.literal('tfjs'),
  /** Names the embedder in logs, metrics and checkpoints; the input size is added. */
  name: z.string().min(1),
  /** Where `model.json` is, with its weights beside it; relative to the working directory. */
  path: z.string().min(1),
  /** Layer (layers model) or node (graph model) to take; by default the model's output. Maps are averaged to a vector. */
  output: z.string().min(1).optional(),
  layout: z.enum(['NCHW', 'NHWC']).default('NHWC'),
  backend: z.enum(['auto', ...TENSORFLOW_BACKENDS]).default('auto'),
  /** Most images in one run; a larger batch is split. */
  batchLimit: z.int().min(1).max(4096).default(16),
});
export type TfjsEmbedderDescription = z.infer<typeof tfjsEmbedderSchema>;
