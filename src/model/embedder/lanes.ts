import type { Embedder, EmbedderInput } from './embedder.js';

/** Starts a batch that waits; resolves when it is done, also if it failed. */
type Waiting = () => Promise<void>;

/** Batches given to the embedder at a time: one computes, the other is on its way to the network's thread. */
const UNDER_WAY = 2;

/** One embedder behind two doors. */
export interface Lanes {
  readonly urgent: Embedder;
  readonly background: Embedder;
  /** Batches that wait, by lane. */
  waiting(): { readonly urgent: number; readonly background: number };
}

/**
 * Shares one embedder between two lanes. Two batches are under way at a time, one after the other on all cores; whenever
 * one is done, an urgent batch that waits goes before a background one. So a live query waits for two background
 * batches at most.
 */
export function withLanes(embedder: Embedder): Lanes {
  const { name, fingerprint, dimension, inputSize, takes } = embedder;
  const traits = {
    name,
    ...(fingerprint !== undefined && { fingerprint }),
    dimension,
    inputSize,
    ...(takes && { takes }),
  };
  const urgent: Waiting[] = [];
  const background: Waiting[] = [];
  let running = 0;

  const startWaiting = (): void => {
    while (running < UNDER_WAY) {
      const start = urgent.shift() ?? background.shift();
      if (!start) return;
      running++;
      void start().then(() => {
        running--;
        startWaiting();
      });
    }
  };
  const lane = (queue: Waiting[]): Embedder => ({
    ...traits,
    close: () => embedder.close(),
    embed: (inputs: readonly EmbedderInput[]) =>
      new Promise<Float32Array>((resolve, reject) => {
        queue.push(() => embedder.embed(inputs).then(resolve, reject));
        startWaiting();
      }),
  });
  return {
    urgent: lane(urgent),
    background: lane(background),
    waiting: () => ({ urgent: urgent.length, background: background.length }),
  };
}
