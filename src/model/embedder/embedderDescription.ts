import { z } from 'zod';
import { onnxEmbedderSchema } from './onnxDescription.js';
import { textEmbedderSchema } from './textDescription.js';
import { tfjsEmbedderSchema } from './tfjsDescription.js';

/** Any embedder, as the configuration describes it. */
export const embedderSchema = z.discriminatedUnion('kind', [
  onnxEmbedderSchema,
  tfjsEmbedderSchema,
  textEmbedderSchema,
]);
export type EmbedderDescription = z.infer<typeof embedderSchema>;
/** One that embeds images. */
export type ImageEmbedderDescription = Exclude<EmbedderDescription, { kind: 'text' }>;
