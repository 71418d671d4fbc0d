import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RgbImage } from '../../../../src/domain/image.js';
import { packed } from '../../../../src/model/embedder/preprocessing.js';
import {
  type TfjsEmbedderDescription,
  tfjsEmbedderSchema,
} from '../../../../src/model/embedder/tfjsDescription.js';
import { openTfjsSession } from '../../../../src/model/embedder/tfjsSession.js';

let folder: string;
let files = 0;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'lethe-tfjs-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function described(
  model: unknown,
  weights: Float32Array | Int32Array,
  change: Partial<TfjsEmbedderDescription> = {},
): Promise<TfjsEmbedderDescription> {
  const path = join(folder, `model-${files++}.json`);
  await writeFile(path, JSON.stringify(model));
  await writeFile(join(folder, 'weights.bin'), new Uint8Array(weights.buffer));
  const inputSize = { width: 8, height: 8 };
  return { ...tfjsEmbedderSchema.parse({ kind: 'tfjs', name: 'tiny', path, inputSize }), ...change };
}

/** A 1x1 convolution that weighs red, green and blue by 1, 2 and 3, pooled; made for another input size. */
function layersModel(): unknown {
  const layer = (class_name: string, name: string, from: string | null, config: object) => ({
    class_name,
    name,
    config: { name, ...config },
    inbound_nodes: from === null ? [] : [[[from, 0, 0, {}]]],
  });
  return {
    format: 'layers-model',
    modelTopology: {
      model_config: {
        class_name: 'Model',
        config: {
          name: 'tiny',
          layers: [
            layer('InputLayer', 'input', null, { batch_input_shape: [null, 32, 32, 3], dtype: 'float32' }),
            layer('Conv2D', 'conv', 'input', { filters: 3, kernel_size: [1, 1], use_bias: false }),
            layer('GlobalAveragePooling2D', 'pool', 'conv', {}),
          ],
          input_layers: [['input', 0, 0]],
          output_layers: [['pool', 0, 0]],
        },
      },
    },
    weightsManifest: [
      { paths: ['weights.bin'], weights: [{ name: 'conv/kernel', shape: [1, 1, 3, 3], dtype: 'float32' }] },
    ],
  };
}
const DIAGONAL = Float32Array.from([1, 0, 0, 0, 2, 0, 0, 0, 3]);

/** The mean over height and width. */
function graphModel(): unknown {
  const type = (value: string) => ({ type: value });
  return {
    format: 'graph-model',
    modelTopology: {
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: type('DT_FLOAT') } },
        { name: 'axes', op: 'Const', attr: { dtype: type('DT_INT32') } },
        { name: 'mean', op: 'Mean', input: ['x', 'axes'], attr: { keep_dims: { b: false } } },
        { name: 'same', op: 'Identity', input: ['x'], attr: { T: type('DT_FLOAT') } },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'axes', shape: [2], dtype: 'int32' }] }],
  };
}
const AXES = Int32Array.from([1, 2]);

const image = (r: number, g: number, b: number): RgbImage => ({
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 192 }, (_, i) => [r, g, b][i % 3] as number),
});

async function vectorOf(description: TfjsEmbedderDescription, pixels: RgbImage): Promise<unknown[]> {
  const session = await openTfjsSession(tf, description);
  const before = tf.memory().numTensors;
  const vector = await session.run(packed([pixels]));
  expect(tf.memory().numTensors).toBe(before);
  await session.release();
  return [...vector].map((value) => Number(value.toFixed(6)));
}

const unit = (...values: number[]): number[] =>
  values.map((value) => Number((value / Math.hypot(...values)).toFixed(6)));

describe('a tfjs embedder', () => {
  it('runs a layers model at the wanted input size', async () => {
    expect(await vectorOf(await described(layersModel(), DIAGONAL), image(6, 3, 2))).toEqual(unit(6, 6, 6));
  });

  it('takes the layer that is named, and averages maps', async () => {
    const description = await described(layersModel(), DIAGONAL, { output: 'conv' });
    expect(await vectorOf(description, image(1, 0, 4))).toEqual(unit(1, 0, 12));
  });

  it('prepares pixels as described: BGR minus the means', async () => {
    const description = await described(layersModel(), DIAGONAL, { channels: 'BGR', mean: [1, 2, 3] });
    expect(await vectorOf(description, image(5, 4, 3))).toEqual(unit(2, 4, 6));
  });

  it('runs a graph model, whole or up to a node', async () => {
    expect(await vectorOf(await described(graphModel(), AXES, { output: 'mean' }), image(3, 4, 0))).toEqual(
      unit(3, 4, 0),
    );
    expect(await vectorOf(await described(graphModel(), AXES, { output: 'same' }), image(3, 4, 0))).toEqual(
      unit(3, 4, 0),
    );
  });

  it('embeds a batch in one run', async () => {
    const session = await openTfjsSession(tf, await described(layersModel(), DIAGONAL));
    const vectors = await session.run(packed([image(1, 0, 0), image(0, 1, 0)]));
    expect([...vectors]).toEqual([1, 0, 0, 0, 1, 0]);
    await session.release();
  });
});

describe('a description that does not fit the model', () => {
  it.each<[string, () => unknown, Partial<TfjsEmbedderDescription>, string]>([
    ['a missing file', layersModel, { path: 'nowhere/model.json' }, 'embedder.path'],
    ['another kind of JSON', () => ({ name: 'package' }), {}, 'embedder.path'],
    [
      'a model without a weight',
      () => ({ ...(layersModel() as object), weightsManifest: [] }),
      {},
      'embedder.path',
    ],
    ['a layer that there is not', layersModel, { output: 'fc' }, 'embedder.output'],
    ['several outputs of which none is named', graphModel, {}, 'embedder.output'],
  ])('finds %s', async (_, model, change, field) => {
    const description = await described(model(), model === graphModel ? AXES : DIAGONAL, change);
    await expect(openTfjsSession(tf, description)).rejects.toMatchObject({ code: 'embedder-invalid', field });
  });
});
