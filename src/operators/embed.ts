import type { OperatorFunction } from 'rxjs';
import { type LetheError, toLetheError } from '../domain/errors.js';
import type { RgbImage } from '../domain/image.js';
import type { LogRecord } from '../domain/record.js';
import { rowOf } from '../domain/vector.js';
import type { Embedder } from '../model/embedder/embedder.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import type { ModelInput, Opened } from './openPayload.js';
import { type Probe, timedAsync } from './probe.js';

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

/** One batch computes while the next is on its way: the network never waits for the pipeline. */
const BATCHES_UNDER_WAY = 2;

/**
 * Embeds opened messages in batches of at most `batchSize`; ready-made vectors skip the network. Where a batch fails,
 * its messages are embedded one by one, so that only the culprit is refused.
 */
export function embed<M>(
  embedder: Embedder,
  options: { readonly batchSize: number; readonly probe: Probe },
): OperatorFunction<Flow<Opened<M>>, Flow<Embedded<M>>> {
  const embedTogether = async (
    opened: readonly Opened<M>[],
    sources: readonly LogRecord[],
  ): Promise<Embedded<M>[]> => {
    const inputs = opened.map(({ input }) => input);
    const vectors = await timedAsync(options.probe, 'embed', sources, () => embedInputs(embedder, inputs));
    return opened.map(({ message }, index) => ({ message, vector: vectors[index] as Float32Array }));
  };
  const embedAll = async (
    opened: readonly Opened<M>[],
    sources: readonly LogRecord[],
  ): Promise<(Embedded<M> | LetheError)[]> => {
    try {
      return await embedTogether(opened, sources);
    } catch (error) {
      if (opened.length === 1) return [toLetheError(error)];
      return (
        await Promise.all(opened.map((one, index) => embedAll([one], sources.slice(index, index + 1))))
      ).flat();
    }
  };
  return mapAcceptedInBatches(options.batchSize, embedAll, BATCHES_UNDER_WAY);
}
