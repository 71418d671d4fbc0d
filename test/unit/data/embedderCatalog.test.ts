import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embedderFolder, fetchEmbedder } from '../../../src/data/embedderCatalog.js';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'lethe-catalog-'));
});
afterEach(() => rm(cache, { recursive: true }));

describe('fetching an embedder by name', () => {
  it('has nothing to do for the one that comes with Lethe', async () => {
    expect(await fetchEmbedder('efficientnet-lite0', cache)).toBeNull();
  });

  it('takes what was fetched before', async () => {
    const folder = embedderFolder('resnet50', cache);
    await mkdir(folder, { recursive: true });
    expect(await fetchEmbedder('resnet50', cache)).toBe(folder);
  });

  it('names those of the catalog instead of an unknown one', async () => {
    await expect(fetchEmbedder('resnet51', cache)).rejects.toMatchObject({
      code: 'embedder-invalid',
      value: 'resnet51',
      remedy: expect.stringContaining('resnet50'),
    });
  });
});
