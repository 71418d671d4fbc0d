import { z } from 'zod';
import { preprocessingSchema } from './preprocessing.js';

/** Everything needed to use an `.onnx` file as the embedder: any network from images to one vector each. */
export const onnxEmbedderSchema = preprocessingSchema.extend({
  kind: z.literal('onnx').describe('A network for ONNX Runtime.'),
  name: z.string().min(1).describe('Name of the embedder in logs and metrics. Lethe appends the input size.'),
  path: z.string().min(1).describe('The `.onnx` file, relative to the working directory.'),
  input: z.string().min(1).describe('Name of the input: float32, in the shape of `layout`.'),
  output: z.string().min(1).describe('Name of the output: float32 of shape [n, dimension].'),
  threads: z.int().min(1).max(256).optional().describe('Threads. The default is one for each core.'),
  batchLimit: z
    .int()
    .min(1)
    .max(4096)
    .default(32)
    .describe('Largest batch of images. Lethe splits larger ones.'),
});
export type OnnxEmbedderDescription = z.infer<typeof onnxEmbedderSchema>;
