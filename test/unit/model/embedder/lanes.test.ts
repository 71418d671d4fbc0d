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
          const [image] = images;
          begun.push((typeof image === 'object' ? image.data[0] : undefined) ?? -1);
          ends.push((error) => (error ? reject(error) : resolve(Float32Array.of(1))));
        }),
    },
  };
}

/** Lets the promises of a batch that ended settle. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('withLanes', () => {
  it('has two batches under way at a time, urgent ones before background ones', async () => {
    const { embedder, begun, finish } = manual();
    const { urgent, background, waiting } = withLanes(embedder);
    const batches = [1, 2, 3].map((name) => background.embed([image(name)]));
    const live = urgent.embed([image(9)]);
    expect(begun).toEqual([1, 2]);
    expect(waiting()).toEqual({ urgent: 1, background: 1 });
    finish();
    await settled();
    expect(begun).toEqual([1, 2, 9]);
    finish();
    await settled();
    expect(begun).toEqual([1, 2, 9, 3]);
    finish();
    finish();
    await Promise.all([...batches, live]);
  });

  it('goes on after a batch that failed', async () => {
    const { embedder, begun, finish } = manual();
    const { urgent } = withLanes(embedder);
    const failing = urgent.embed([image(1)]);
    const others = [2, 3].map((name) => urgent.embed([image(name)]));
    finish(new Error('out of memory'));
    await expect(failing).rejects.toThrow('out of memory');
    await settled();
    expect(begun).toEqual([1, 2, 3]);
    finish();
    finish();
    await expect(Promise.all(others)).resolves.toHaveLength(2);
  });
});
