import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StoredCheckpoint } from '../../../../src/model/checkpoint/checkpoint.js';
import { sha256Of } from '../../../../src/model/checkpoint/files.js';
import { readCheckpoint } from '../../../../src/model/checkpoint/readCheckpoint.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { someCheckpoints } from './support.js';

const [checkpoint] = await someCheckpoints();

let parent = '';
let stored: StoredCheckpoint;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lethe-checkpoint-'));
  stored = await writeCheckpoint(parent, checkpoint);
});
afterEach(() => rm(parent, { recursive: true }));

describe('a checkpoint', () => {
  it('reads back as it was written', async () => {
    expect(await readCheckpoint(stored.folder, stored.sha256)).toEqual(checkpoint);
  });

  it('is named after its number of tasks and its hash, and leaves nothing else behind', async () => {
    expect(stored.version).toMatch(/^v0001-[0-9a-f]{8}$/);
    expect(await readdir(parent)).toEqual([stored.version]);
    expect((await readdir(stored.folder)).sort()).toEqual(['manifest.json', 'weights.bin']);
  });

  it('written twice is the same', async () => {
    expect(await writeCheckpoint(parent, checkpoint)).toEqual(stored);
    expect(await readdir(parent)).toEqual([stored.version]);
  });

  it('that is damaged is replaced when it is written again', async () => {
    await writeFile(join(stored.folder, 'weights.bin'), 'damaged');
    await writeCheckpoint(parent, checkpoint);
    expect(await readCheckpoint(stored.folder)).toEqual(checkpoint);
  });

  it('whose weights were changed by one bit is refused by the file name', async () => {
    const path = join(stored.folder, 'weights.bin');
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
    await writeFile(path, bytes);
    await expect(readCheckpoint(stored.folder)).rejects.toMatchObject({
      code: 'checkpoint-corrupt',
      field: 'weights.bin',
    });
  });

  it('whose weights are cut off or missing is refused by the file name', async () => {
    const path = join(stored.folder, 'weights.bin');
    await writeFile(path, (await readFile(path)).subarray(0, 40));
    const refusal = { code: 'checkpoint-corrupt', field: 'weights.bin' };
    await expect(readCheckpoint(stored.folder)).rejects.toMatchObject(refusal);
    await rm(path);
    await expect(readCheckpoint(stored.folder)).rejects.toMatchObject(refusal);
  });

  it('whose manifest is not the expected one is refused by the file name', async () => {
    const refusal = { code: 'checkpoint-corrupt', field: 'manifest.json' };
    await expect(readCheckpoint(stored.folder, '0'.repeat(64))).rejects.toMatchObject(refusal);
  });

  it.each([
    ['no JSON', () => 'not JSON'],
    ['of another format', (text: string) => text.replace('"format": 1', '"format": 2')],
    ['with other sizes', (text: string) => text.replace('"width": 16', '"width": 15')],
    ['with a key too many', (text: string) => text.replace('{', '{ "run": "me",')],
  ])('whose manifest is %s is refused even without a known hash', async (_, change) => {
    const path = join(stored.folder, 'manifest.json');
    await writeFile(path, change(await readFile(path, 'utf8')));
    await expect(readCheckpoint(stored.folder)).rejects.toMatchObject({
      code: 'checkpoint-corrupt',
      field: 'manifest.json',
    });
  });

  it('of before temperatures were scaled has the factor 1', async () => {
    const path = join(stored.folder, 'manifest.json');
    const text = await readFile(path, 'utf8');
    expect(text).toContain('"temperatureFactor": 1.25,');
    const before = text.replace(/ *"temperatureFactor": 1.25,\n/, '').replace(/ *"calibrate": false,\n/, '');
    await writeFile(path, before);
    expect((await readCheckpoint(stored.folder)).state.temperatureFactor).toBe(1);
    for (const wrong of ['0', '-1', '"1"', 'null']) {
      await writeFile(path, text.replace('"temperatureFactor": 1.25', `"temperatureFactor": ${wrong}`));
      await expect(readCheckpoint(stored.folder)).rejects.toMatchObject({
        code: 'checkpoint-corrupt',
        field: 'manifest.json',
        message: expect.stringContaining('temperatureFactor'),
      });
    }
  });

  it('is described by its manifest: seed, software and hashes', async () => {
    const text = await readFile(join(stored.folder, 'manifest.json'));
    const manifest: unknown = JSON.parse(text.toString());
    const weights = sha256Of(await readFile(join(stored.folder, 'weights.bin')));
    expect(sha256Of(text)).toBe(stored.sha256);
    expect(manifest).toMatchObject({
      task: 'birds and cats',
      classes: ['0', '1'],
      config: { seed: 1993 },
      software: { node: process.versions.node },
      files: { 'weights.bin': { sha256: weights } },
    });
  });
});
