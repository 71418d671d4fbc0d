import type { InputItem } from '../data/inputItem.js';
import { embedInputs } from '../inputs/embedInputs.js';
import { openInput, type PayloadLimits } from '../inputs/openInput.js';
import type { Embedder } from '../model/embedder/embedder.js';

/** An input with its vector. */
export interface EmbeddedItem extends Omit<InputItem, 'payload'> {
  /** Unit vector, shape [dimension]. */
  readonly vector: Float32Array;
}

/** Inputs that are decoded and embedded together. */
const AT_ONCE = 8;

/**
 * Inputs with their vectors, in order; ready-made vectors are normalised.
 * @throws LetheError the fault of the first input that can't be embedded, with its place
 */
export async function* embedItems(
  items: AsyncIterable<InputItem>,
  embedder: Embedder,
  limits: PayloadLimits,
): AsyncGenerator<EmbeddedItem> {
  for await (const batch of inBatches(items)) {
    const inputs = await Promise.all(batch.map(({ payload }) => openInput(payload, { embedder, limits })));
    const vectors = await embedInputs(embedder, inputs);
    for (const [index, { payload: _, ...item }] of batch.entries())
      yield { ...item, vector: vectors[index] as Float32Array };
  }
}

async function* inBatches(items: AsyncIterable<InputItem>): AsyncGenerator<InputItem[]> {
  let batch: InputItem[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
