import { type TextEmbedderDescription, textEmbedderSchema } from './textDescription.js';

/**
 * all-MiniLM-L6-v2 (https://arxiv.org/abs/2002.10957, trained on sentence pairs): 384 components, English, int8 weights.
 * @param folder of the catalog (`lethe embedder fetch all-minilm-l6-v2`)
 */
export function minilmIn(folder: string): TextEmbedderDescription {
  return textEmbedderSchema.parse({
    kind: 'text',
    name: 'all-minilm-l6-v2',
    path: folder,
    dtype: 'q8',
    // Its length of training was 128, and its authors give 256 as the limit.
    maxTokens: 256,
  });
}
