import { z } from 'zod';
import { preprocessingSchema } from './preprocessing.js';

/** Everything needed to use an `.onnx` file as the embedder: any network from images to one vector each. */
export const onnxEmbedderSchema = preprocessingSchema.extend({
  kind: z.literal('onnx'),
  /** Names the embedder in logs, metrics and checkpoints; the input size is added. */
  name: z.string().min(1),
  /** Where the `.onnx` file is; relative to the working directory. */
  path: z.string().min(1),
  /** Name of the input: float32, shaped as `layout` says. */
  input: z.string().min(1),
  /** Name of the output: float32, shape [n, dimension]. */
  output: z.string().min(1),
  /** Threads of ONNX Runtime; by default one for each core. */
  threads: z.int().min(1).max(256).optional(),
  /** Most images in one run; a larger batch is split. */
  batchLimit: z.int().min(1).max(4096).default(32),
});
export type OnnxEmbedderDescription = z.infer<typeof onnxEmbedderSchema>;
