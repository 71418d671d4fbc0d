import type { RgbImage } from '../../domain/image.js';
import type { Embedder } from './embedder.js';

interface Waiting {
  readonly run: () => Promise<void>;
}

/** One embedder behind two doors. */
export interface Lanes {
  readonly urgent: Embedder;
  readonly background: Embedder;
  /** Batches that wait, by lane. */
  waiting(): { readonly urgent: number; readonly background: number };
}

/**
 * Shares one embedder between two lanes. Batches run one at a time, each with all cores; whenever one is done, an
 * urgent batch that waits goes before a background one. So a live query waits for one background batch at most.
 */
export function withLanes(embedder: Embedder): Lanes {
  const urgent: Waiting[] = [];
  const background: Waiting[] = [];
  let busy = false;

  const runNext = async (): Promise<void> => {
    const next = urgent.shift() ?? background.shift();
    if (!next) {
      busy = false;
      return;
    }
    busy = true;
    await next.run();
    void runNext();
  };
  const lane = (queue: Waiting[]): Embedder => ({
    name: embedder.name,
    dimension: embedder.dimension,
    inputSize: embedder.inputSize,
    close: () => embedder.close(),
    embed: (images: readonly RgbImage[]) =>
      new Promise<Float32Array>((resolve, reject) => {
        queue.push({ run: () => embedder.embed(images).then(resolve, reject) });
        if (!busy) void runNext();
      }),
  });
  return {
    urgent: lane(urgent),
    background: lane(background),
    waiting: () => ({ urgent: urgent.length, background: background.length }),
  };
}
