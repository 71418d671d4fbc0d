import { z } from 'zod';
import { onnxEmbedderSchema } from './onnxDescription.js';
import { tfjsEmbedderSchema } from './tfjsDescription.js';

/** Any embedder, as the configuration describes it. */
export const embedderSchema = z.discriminatedUnion('kind', [onnxEmbedderSchema, tfjsEmbedderSchema]);
export type EmbedderDescription = z.infer<typeof embedderSchema>;
