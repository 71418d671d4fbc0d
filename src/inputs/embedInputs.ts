import type { RgbImage } from '../domain/image.js';
import { rowOf } from '../domain/vector.js';
import type { Embedder } from '../model/embedder/embedder.js';
import type { ModelInput } from './openInput.js';

/** A message whose input was embedded. */
export interface Embedded<M> {
  readonly message: M;
  /** Unit vector, shape [dimension]. */
  readonly vector: Float32Array;
}

/** Embeds the images among the inputs in one batch; vectors pass. One unit vector for each input. */
export async function embedInputs(
  embedder: Embedder,
  inputs: readonly ModelInput[],
): Promise<Float32Array[]> {
  const images: RgbImage[] = [];
  for (const input of inputs) if (input.kind === 'image') images.push(input.image);
  const matrix = images.length > 0 ? await embedder.embed(images) : new Float32Array(0);
  let row = 0;
  return inputs.map((input) =>
    input.kind === 'vector' ? input.vector : rowOf(matrix, row++, embedder.dimension).slice(),
  );
}
