import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../../../../src/domain/image.js';
import type { Embedder } from '../../../../src/model/embedder/embedder.js';
import { withLanes } from '../../../../src/model/embedder/lanes.js';

const image = (name: number): RgbImage => ({ width: 1, height: 1, data: Uint8Array.of(name, 0, 0) });

/** An embedder whose batches end when the test says so; tells the order in which they began. */
function manual(): { embedder: Embedder; begun: number[]; finish: (error?: Error) => void } {
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  return {
    begun,
    finish: (error) => ends.shift()?.(error),
    embedder: {
      name: 'manual',
      dimension: 1,
      inputSize: { width: 1, height: 1 },
      close: async () => undefined,
      embed: (images) =>
        new Promise((resolve, reject) => {
          begun.push(images[0]?.data[0] ?? -1);
          ends.push((error) => (error ? reject(error) : resolve(Float32Array.of(1))));
        }),
    },
  };
}

describe('withLanes', () => {
  it('runs one batch at a time, urgent ones before background ones', async () => {
    const { embedder, begun, finish } = manual();
    const { urgent, background, waiting } = withLanes(embedder);
    const first = background.embed([image(1)]);
    const second = background.embed([image(2)]);
    const live = urgent.embed([image(3)]);
    expect(begun).toEqual([1]);
    expect(waiting()).toEqual({ urgent: 1, background: 1 });
    finish();
    await first;
    await Promise.resolve();
    expect(begun).toEqual([1, 3]);
    finish();
    await live;
    await Promise.resolve();
    expect(begun).toEqual([1, 3, 2]);
    finish();
    await second;
  });

  it('goes on after a batch that failed', async () => {
    const { embedder, begun, finish } = manual();
    const { urgent } = withLanes(embedder);
    const failing = urgent.embed([image(1)]);
    const next = urgent.embed([image(2)]);
    finish(new Error('out of memory'));
    await expect(failing).rejects.toThrow('out of memory');
    await Promise.resolve();
    expect(begun).toEqual([1, 2]);
    finish();
    await expect(next).resolves.toEqual(Float32Array.of(1));
  });
});
