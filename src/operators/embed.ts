import type { OperatorFunction } from 'rxjs';
import { type LetheError, toLetheError } from '../domain/errors.js';
import type { LogRecord } from '../domain/record.js';
import { type Embedded, embedInputs } from '../inputs/embedInputs.js';
import type { Embedder } from '../model/embedder/embedder.js';
import type { Flow } from './flow.js';
import { mapAcceptedInBatches } from './mapAccepted.js';
import type { Opened } from './openPayload.js';
import { type Probe, timedAsync } from './probe.js';

/** One batch computes while the next is on its way, so the network never waits for the pipeline. */
const BATCHES_UNDER_WAY = 2;

/**
 * Embeds opened messages in batches of at most `batchSize`; vectors skip the network. If a batch fails, its messages
 * are embedded one by one, so that only the faulty one is refused.
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
      const failure = toLetheError(error);
      // The embedder itself is away: that is no verdict on what it was given.
      if (failure.retriable) throw failure;
      if (opened.length === 1) return [failure];
      return (
        await Promise.all(opened.map((one, index) => embedAll([one], sources.slice(index, index + 1))))
      ).flat();
    }
  };
  return mapAcceptedInBatches(options.batchSize, embedAll, BATCHES_UNDER_WAY);
}
