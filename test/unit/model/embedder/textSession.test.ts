import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowOf } from '../../../../src/domain/vector.js';
import { createEmbedder } from '../../../../src/model/embedder/createEmbedder.js';
import type { Embedder } from '../../../../src/model/embedder/embedder.js';
import { fingerprintOf } from '../../../../src/model/embedder/fingerprint.js';
import { textEmbedderSchema } from '../../../../src/model/embedder/textDescription.js';
import { tinyTextModel } from '../../../support/tinyTextModel.js';

const WORDS = ['cat', 'dog', 'sun'];
/** Of a text: [PAD], [UNK], [CLS], [SEP], and one for each word. */
const DIMENSION = 4 + WORDS.length;

let folder: string;
beforeAll(async () => {
  folder = await tinyTextModel(WORDS);
});
afterAll(() => rm(folder, { recursive: true }));

const described = (change: object = {}) =>
  textEmbedderSchema.parse({ kind: 'text', name: 'words', path: folder, ...change });

async function vectorsOf(texts: readonly string[], change: object = {}): Promise<number[][]> {
  const embedder = await createEmbedder(described(change));
  try {
    return await rows(embedder, texts);
  } finally {
    await embedder.close();
  }
}

async function rows(embedder: Embedder, texts: readonly string[]): Promise<number[][]> {
  const vectors = await embedder.embed(texts);
  return texts.map((_, index) => [...rowOf(vectors, index, embedder.dimension)]);
}

/** The direction of these shares. */
function unit(...values: number[]): number[] {
  const length = Math.hypot(...values);
  return values.map((value) => expect.closeTo(value / length, 6));
}

describe('a sentence embedder of Transformers.js', () => {
  it('gives the mean of the tokens as a unit vector, of each text by itself', async () => {
    const embedder = await createEmbedder(described());
    expect(embedder).toMatchObject({ name: 'words', dimension: DIMENSION, takes: 'texts' });
    expect(await rows(embedder, ['cat cat dog', 'sun', 'Sun bird'])).toEqual([
      unit(0, 0, 1, 1, 2, 1, 0),
      unit(0, 0, 1, 1, 0, 0, 1),
      unit(0, 1, 1, 1, 0, 0, 1),
    ]);
    await embedder.close();
  });

  it('takes the first or the last token where the settings say so', async () => {
    expect(await vectorsOf(['cat dog'], { pooling: 'cls' })).toEqual([unit(0, 0, 1, 0, 0, 0, 0)]);
    expect(await vectorsOf(['cat dog'], { pooling: 'last' })).toEqual([unit(0, 0, 0, 1, 0, 0, 0)]);
  });

  it('puts the prefix before each text, and reads no more than maxTokens', async () => {
    expect(await vectorsOf(['cat'], { prefix: 'dog ' })).toEqual([unit(0, 0, 1, 1, 1, 1, 0)]);
    const long = ['cat '.repeat(20)];
    expect(await vectorsOf(long, { maxTokens: 8 })).toEqual(await vectorsOf(['cat '.repeat(6)]));
  });

  it('says which field of its description is wrong', async () => {
    const refused = (change: object) => expect(createEmbedder(described(change))).rejects;
    await refused({ path: join(folder, 'none') }).toMatchObject({ field: 'embedder.path' });
    await refused({ dtype: 'q8' }).toMatchObject({ code: 'embedder-invalid', field: 'embedder.path' });
    await refused({ output: 'y' }).toMatchObject({
      field: 'embedder.output',
      remedy: expect.stringContaining('last_hidden_state'),
    });
    expect(textEmbedderSchema.safeParse({ kind: 'text', name: 'none' }).success).toBe(false);
    expect(textEmbedderSchema.safeParse({ ...described(), model: 'a/b' }).success).toBe(false);
  });

  it('has a fingerprint of what changes vectors, and of nothing else', async () => {
    const same = await fingerprintOf(described());
    const moved = await mkdtemp(join(tmpdir(), 'lethe-text-moved-'));
    await cp(folder, moved, { recursive: true });
    expect(await fingerprintOf(described({ path: moved, name: 'other', threads: 1 }))).toBe(same);
    for (const change of [{ pooling: 'cls' }, { prefix: 'x' }, { maxTokens: 9 }])
      expect(await fingerprintOf(described(change))).not.toBe(same);
    await writeFile(join(moved, 'onnx', 'model.onnx'), 'other weights');
    expect(await fingerprintOf(described({ path: moved }))).not.toBe(same);
    await rm(moved, { recursive: true });
  });
});
