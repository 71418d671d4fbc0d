import { expect, it } from 'vitest';
import { openInput } from '../../../../src/inputs/openInput.js';
import { withLanes } from '../../../../src/model/embedder/lanes.js';
import { vectorsOnly } from '../../../../src/model/embedder/vectorsOnly.js';

const limits = { maxBytes: 1e6, maxPixels: 1e6, maxTextBytes: 1e6 };
const embedder = withLanes(vectorsOnly(384)).urgent;

it('takes vectors of its dimension, and says which setting another size needs', async () => {
  const vector = new Float32Array(384).fill(1);
  expect(await openInput({ kind: 'vector', vector }, { embedder, limits })).toMatchObject({ kind: 'vector' });
  const short = openInput({ kind: 'vector', vector: vector.slice(1) }, { embedder, limits });
  await expect(short).rejects.toMatchObject({
    code: 'wrong-dimension',
    value: '383',
    remedy: expect.stringMatching(/384 components.* set embedder.dimension to 383/),
  });
});

it('refuses images with the reason', async () => {
  const image = { kind: 'image', contentType: 'image/png', bytes: Buffer.from('x') } as const;
  const reason = { code: 'unsupported-format', message: expect.stringContaining('only vectors') };
  await expect(openInput(image, { embedder, limits })).rejects.toMatchObject(reason);
  await expect(embedder.embed([])).rejects.toMatchObject(reason);
});

it('where there is a network, names both settings for vectors of another size', async () => {
  const network = { dimension: 1280, inputSize: { width: 224, height: 224 } };
  const other = openInput({ kind: 'vector', vector: new Float32Array(384) }, { embedder: network, limits });
  await expect(other).rejects.toMatchObject({
    remedy: expect.stringContaining('set embedder.kind to vectors and embedder.dimension to 384'),
  });
});
