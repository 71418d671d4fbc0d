import { rowOf } from '../domain/vector.js';
import type { Embedder, EmbedderInput } from '../model/embedder/embedder.js';
import type { ModelInput } from './openInput.js';

/** A message whose input was embedded. */
export interface Embedded<M> {
  readonly message: M;
  /** Unit vector, shape [dimension]. */
  readonly vector: Float32Array;
}

/** Embeds the images or texts among the inputs in one batch; vectors pass. One unit vector for each input. */
export async function embedInputs(
  embedder: Embedder,
  inputs: readonly ModelInput[],
): Promise<Float32Array[]> {
  const fed: EmbedderInput[] = [];
  for (const input of inputs) {
    if (input.kind === 'image') fed.push(input.image);
    if (input.kind === 'text') fed.push(input.text);
  }
  const matrix = fed.length > 0 ? await embedder.embed(fed) : new Float32Array(0);
  let row = 0;
  return inputs.map((input) =>
    input.kind === 'vector' ? input.vector : rowOf(matrix, row++, embedder.dimension).slice(),
  );
}
