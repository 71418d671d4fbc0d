import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RgbImage } from '../../../../src/domain/image.js';
import { norm, rowOf } from '../../../../src/domain/vector.js';
import { createEmbedder } from '../../../../src/model/embedder/createEmbedder.js';
import { EFFICIENTNET_LITE0 } from '../../../../src/model/embedder/efficientNetLite0.js';
import {
  type OnnxEmbedderDescription,
  onnxEmbedderSchema,
} from '../../../../src/model/embedder/onnxDescription.js';
import { onnxModel, type TinyGraph, type TinyTensor } from '../../../support/tinyOnnx.js';

const POOL = { operator: 'GlobalAveragePool', inputs: ['x'], outputs: ['maps'] };
const FLATTEN = { operator: 'Flatten', inputs: ['maps'], outputs: ['y'] };
const X: TinyTensor = { name: 'x', shape: ['n', 3, 8, 8] };
const Y: TinyTensor = { name: 'y', shape: ['n', 3] };
/** Its vector is the mean of each channel. */
const CHANNEL_MEANS: TinyGraph = { inputs: [X], outputs: [Y], nodes: [POOL, FLATTEN] };

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-onnx-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function described(
  graph: TinyGraph,
  change: Partial<OnnxEmbedderDescription> = {},
): Promise<OnnxEmbedderDescription> {
  const path = join(folder, `${files++}.onnx`);
  await writeFile(path, onnxModel(graph));
  const inputSize = { width: 8, height: 8 };
  return {
    ...onnxEmbedderSchema.parse({ kind: 'onnx', name: 'tiny', path, input: 'x', output: 'y', inputSize }),
    ...change,
  };
}

const image = (r: number, g: number, b: number): RgbImage => ({
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 192 }, (_, i) => [r, g, b][i % 3] as number),
});

async function embedded(
  description: OnnxEmbedderDescription,
  images: readonly RgbImage[],
): Promise<number[][]> {
  const embedder = await createEmbedder(description);
  try {
    const vectors = await embedder.embed(images);
    return images.map((_, i) => [...rowOf(vectors, i, embedder.dimension)]);
  } finally {
    await embedder.close();
  }
}

const closeTo = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 6));

describe('an ONNX embedder', () => {
  it('gives one unit vector an image, in their order', async () => {
    const vectors = await embedded(await described(CHANNEL_MEANS), [image(3, 4, 0), image(0, 0, 9)]);
    expect(vectors).toEqual([closeTo([0.6, 0.8, 0]), closeTo([0, 0, 1])]);
  });

  it('scales, shifts and orders the channels as described', async () => {
    const description = await described(CHANNEL_MEANS, {
      scale: 0.5,
      mean: [1, 0, 0],
      std: [2, 1, 1],
      channels: 'BGR',
    });
    // (b, g, r) = (8, 4, 2) * 0.5 - (1, 0, 0), over (2, 1, 1) = (1.5, 2, 1)
    const length = Math.hypot(1.5, 2, 1);
    expect(await embedded(description, [image(2, 4, 8)])).toEqual([
      closeTo([1.5 / length, 2 / length, 1 / length]),
    ]);
  });

  it('feeds interleaved channels to a network of layout NHWC', async () => {
    const graph: TinyGraph = {
      inputs: [{ name: 'x', shape: ['n', 8, 8, 3] }],
      outputs: [{ name: 'y', shape: ['n', 192] }],
      nodes: [{ operator: 'Flatten', inputs: ['x'], outputs: ['y'] }],
    };
    const [vector] = await embedded(await described(graph, { layout: 'NHWC' }), [image(3, 4, 0)]);
    expect(vector?.slice(0, 3)).toEqual(closeTo([0.6 / 8, 0.8 / 8, 0]));
  });

  it('splits batches over its limit, and fills those of a network with a fixed batch', async () => {
    const images = Array.from({ length: 7 }, (_, i) => image(i, 1, 0));
    const one = await embedded(await described(CHANNEL_MEANS), images);
    const fixed = {
      inputs: [{ ...X, shape: [2, 3, 8, 8] }],
      outputs: [{ ...Y, shape: [2, 3] }],
      nodes: [POOL, FLATTEN],
    };
    expect(await embedded(await described(CHANNEL_MEANS, { batchLimit: 3 }), images)).toEqual(one);
    expect(await embedded(await described(fixed), images)).toEqual(one);
  });

  it('answers requests that overlap, and closes after them', async () => {
    const embedder = await createEmbedder(await described(CHANNEL_MEANS));
    const answers = [image(3, 4, 0), image(0, 5, 0)].map((each) => embedder.embed([each]));
    const closed = embedder.close();
    expect((await Promise.all(answers)).map((vector) => [...vector])).toEqual([
      closeTo([0.6, 0.8, 0]),
      closeTo([0, 1, 0]),
    ]);
    await closed;
    await expect(embedder.embed([image(1, 1, 1)])).rejects.toMatchObject({ code: 'internal' });
  });

  it('goes on with another thread when its own ends over an image', async () => {
    const embedder = await createEmbedder(await described(CHANNEL_MEANS));
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
      void this.terminate();
    });
    await expect(embedder.embed([image(1, 0, 0)])).rejects.toMatchObject({
      code: 'internal',
      retriable: false,
    });
    post.mockRestore();
    const both = [image(3, 4, 0), image(0, 5, 0)].map((each) => embedder.embed([each]));
    expect((await Promise.all(both)).map((vector) => [...vector])).toEqual([
      closeTo([0.6, 0.8, 0]),
      closeTo([0, 1, 0]),
    ]);
    await embedder.close();
  });

  it('asks to wait where no other thread can be started', async () => {
    const description = await described(CHANNEL_MEANS);
    const embedder = await createEmbedder(description);
    const post = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
      void this.terminate();
    });
    await expect(embedder.embed([image(1, 0, 0)])).rejects.toMatchObject({ code: 'internal' });
    post.mockRestore();
    const model = await readFile(description.path);
    await rm(description.path);
    await expect(embedder.embed([image(1, 0, 0)])).rejects.toMatchObject({
      code: 'backend-unavailable',
      retriable: true,
    });
    await writeFile(description.path, model);
    expect([...(await embedder.embed([image(1, 0, 0)]))]).toEqual(closeTo([1, 0, 0]));
    await embedder.close();
  });

  it('refuses to give a vector without a direction, and goes on', async () => {
    const embedder = await createEmbedder(await described(CHANNEL_MEANS));
    await expect(embedder.embed([image(0, 0, 0)])).rejects.toMatchObject({ code: 'embedder-invalid' });
    expect([...(await embedder.embed([image(1, 0, 0)]))]).toEqual(closeTo([1, 0, 0]));
    await embedder.close();
  });

  it('enlarges a small image, and refuses one whose pixels are not those of its size', async () => {
    const embedder = await createEmbedder(await described(CHANNEL_MEANS));
    const small = { width: 2, height: 3, data: image(3, 4, 0).data.subarray(0, 18) };
    expect([...(await embedder.embed([small]))]).toEqual(closeTo([0.6, 0.8, 0]));
    await expect(embedder.embed([{ ...image(1, 1, 1), width: 5 }])).rejects.toThrow(RangeError);
    await embedder.close();
  });
});

describe('a description that does not fit the network', () => {
  const refused = async (description: OnnxEmbedderDescription): Promise<unknown> =>
    createEmbedder(description)
      .then((embedder) => embedder.close())
      .catch((error: unknown) => error);

  it('names a file that is missing, or is none of ONNX', async () => {
    const description = await described(CHANNEL_MEANS);
    const missing = { code: 'embedder-invalid', field: 'embedder.path' };
    expect(await refused({ ...description, path: join(folder, 'none.onnx') })).toMatchObject(missing);
    await writeFile(description.path, 'no network');
    expect(await refused(description)).toMatchObject(missing);
  });

  it('names the inputs and outputs that there are instead', async () => {
    const description = await described(CHANNEL_MEANS);
    expect(await refused({ ...description, input: 'z' })).toMatchObject({
      code: 'embedder-invalid',
      field: 'embedder.input',
      value: 'z',
      remedy: 'Use one of its inputs: x.',
    });
    expect(await refused({ ...description, output: 'z' })).toMatchObject({
      field: 'embedder.output',
      remedy: 'Use one of its outputs: y.',
    });
  });

  it.each<[string, TinyGraph, Partial<OnnxEmbedderDescription>, string]>([
    [
      'an input of another size',
      CHANNEL_MEANS,
      { inputSize: { width: 16, height: 16 } },
      'embedder.inputSize',
    ],
    ['an input of another layout', CHANNEL_MEANS, { layout: 'NHWC' }, 'embedder.inputSize'],
    [
      'an input of bytes',
      {
        ...CHANNEL_MEANS,
        inputs: [{ ...X, type: 'uint8' }],
        outputs: [{ name: 'y', shape: ['n', 192], type: 'uint8' }],
        nodes: [{ operator: 'Flatten', inputs: ['x'], outputs: ['y'] }],
      },
      {},
      'embedder.input',
    ],
    [
      'an output that is no matrix',
      { inputs: [X], outputs: [{ name: 'maps', shape: ['n', 3, 1, 1] }], nodes: [POOL] },
      { output: 'maps' },
      'embedder.output',
    ],
    [
      'a second input that nobody feeds',
      {
        inputs: [X, { ...X, name: 'z' }],
        outputs: [Y],
        nodes: [
          { operator: 'Add', inputs: ['x', 'z'], outputs: ['sum'] },
          { ...POOL, inputs: ['sum'] },
          FLATTEN,
        ],
      },
      {},
      'embedder.path',
    ],
  ])('finds %s', async (_, graph, change, field) => {
    expect(await refused(await described(graph, change))).toMatchObject({ code: 'embedder-invalid', field });
  });
});

describe('the bundled EfficientNet-Lite0', () => {
  it('gives unit vectors of 1280 components while the event loop goes on', async () => {
    const embedder = await createEmbedder(EFFICIENTNET_LITE0);
    const images = Array.from({ length: 8 }, (_, i) => ({
      width: 224,
      height: 224,
      data: Uint8Array.from({ length: 224 * 224 * 3 }, (__, j) => (j * (i + 1)) % 251),
    }));
    let turns = 0;
    let done = false;
    const turn = (): void => {
      turns++;
      if (!done) setImmediate(turn);
    };
    turn();
    const vectors = await embedder.embed(images);
    done = true;
    expect(embedder).toMatchObject({ name: 'efficientnet-lite0@224', dimension: 1280 });
    for (let i = 0; i < 8; i++) expect(norm(rowOf(vectors, i, 1280))).toBeCloseTo(1, 5);
    expect(turns).toBeGreaterThan(100);
    await embedder.close();
  });
});
