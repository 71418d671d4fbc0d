import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CIFAR_IMAGE_BYTES } from 'lethe/internal/data/cifarImages.js';
import { loadDemoSubset } from 'lethe/internal/data/demoSubset.js';
import { EFFICIENTNET_LITE0 } from 'lethe/internal/model/embedder/efficientNetLite0.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embedDataset, type NamedDataset } from '../../../src/embeddings/embedDataset.js';
import { reserveDisk } from '../../../src/embeddings/vectorChunks.js';

const SMALL = { ...EFFICIENTNET_LITE0, inputSize: { width: 96, height: 96 } };

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lethe-embeddings-'));
});
afterEach(() => rm(cache, { recursive: true }));

/** 1,010 training images, that is two chunks, and 4 test images. */
async function dataset(identity = 'one'): Promise<NamedDataset> {
  const { train, test, classNames } = await loadDemoSubset();
  const part = ({ images, labels }: typeof train, count: number) => ({
    images: images.subarray(0, count * CIFAR_IMAGE_BYTES),
    labels: labels.subarray(0, count),
  });
  return { name: 'few', title: 'a few', identity, classNames, train: part(train, 1010), test: part(test, 4) };
}

async function embed(
  identity?: string,
  precision: 'float32' | 'float16' = 'float32',
): Promise<{ embedded: Awaited<ReturnType<typeof embedDataset>>; computed: number[] }> {
  const computed: number[] = [];
  const embedded = await embedDataset(await dataset(identity), SMALL, {
    cache,
    precision,
    onProgress: ({ done }) => computed.push(done),
  });
  return { embedded, computed };
}

describe('the embedding cache', () => {
  it('computes once, goes on with what is missing or cut off, and gives the same vectors', async () => {
    const first = await embed();
    const files = await readdir(first.embedded.folder);
    expect(files).toEqual(['test-00000.f32', 'train-00000.f32', 'train-01000.f32']);
    // Two ends of chunks of the training part and one of the test part: nothing in between was embedded.
    const again = await embed();
    expect(again.computed).toEqual([1000, 1010, 4]);
    expect(again.embedded.train.vectors).toEqual(first.embedded.train.vectors);

    await truncate(join(first.embedded.folder, 'train-01000.f32'), 100);
    const repaired = await embed();
    expect(repaired.computed.slice(0, 2)).toEqual([1000, 1010]);
    expect(repaired.computed).toHaveLength(4);
    expect(repaired.embedded.train.vectors).toEqual(first.embedded.train.vectors);
    expect(await readdir(first.embedded.folder)).toEqual(files);
  });

  it('keeps other data, other networks and other precisions apart', async () => {
    const one = await embed();
    const other = await embed('two');
    const half = await embed('one', 'float16');
    expect(new Set([one, other, half].map(({ embedded }) => embedded.folder)).size).toBe(3);
  });

  it('keeps half the bytes as float16, at a small loss that a second run does not add to', async () => {
    const full = await embed();
    const half = await embed('one', 'float16');
    const size = async (folder: string, file: string) => (await readFile(join(folder, file))).length;
    expect(await size(half.embedded.folder, 'test-00000.f16')).toBe(
      (await size(full.embedded.folder, 'test-00000.f32')) / 2,
    );
    const kept = await embed('one', 'float16');
    expect(kept.embedded.test.vectors).toEqual(half.embedded.test.vectors);
    const off = kept.embedded.test.vectors.map((value, at) =>
      Math.abs(value - (full.embedded.test.vectors[at] as number)),
    );
    expect(Math.max(...off)).toBeLessThan(1e-3);
    expect(Math.max(...off)).toBeGreaterThan(0);
  });
});

describe('the disk below the cache', () => {
  it('is looked at before anything is computed', async () => {
    const tooLittle = reserveDisk(join(cache, 'embeddings'), 400e6, async () => 300e6);
    await expect(tooLittle).rejects.toMatchObject({
      code: 'disk-full',
      field: 'cache',
      message: '400 MB of embeddings do not fit into 300 MB of free space',
    });
    await reserveDisk(cache, 400e6, async () => 500e6);
  });

  it('may be full where nothing is missing', async () => {
    await reserveDisk(cache, 0, async () => 0);
  });

  it('says which folder can not be made', async () => {
    const file = join((await embed()).embedded.folder, 'train-00000.f32');
    await expect(reserveDisk(join(file, 'below'), 1)).rejects.toMatchObject({
      code: 'internal',
      field: 'cache',
    });
  });
});
