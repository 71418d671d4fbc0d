import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { hashOf, keptResult, writeWhole } from '../../src/resultFiles.js';

const schema = z.strictObject({ settingsHash: z.string(), figure: z.number() });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-results-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('results of an experiment', () => {
  it('are taken again under the same settings only', async () => {
    const file = join(folder, 'seeds', 'seed-7.json');
    const settingsHash = hashOf({ epochs: 3 });
    await writeWhole(file, JSON.stringify({ settingsHash, figure: 0.9 }));
    expect(await keptResult(file, schema, settingsHash)).toEqual({ settingsHash, figure: 0.9 });
    expect(await keptResult(file, schema, hashOf({ epochs: 4 }))).toBeUndefined();
  });

  it('are made anew where the file is missing, cut off, or of another form', async () => {
    const file = join(folder, 'seed.json');
    expect(await keptResult(file, schema, 'x')).toBeUndefined();
    for (const content of ['{"settingsHash":"x","figu', '{"settingsHash":"x"}']) {
      await writeFile(file, content);
      expect(await keptResult(file, schema, 'x')).toBeUndefined();
    }
  });

  it('replace a file whole, and leave nothing where they can not be written', async () => {
    const file = join(folder, 'table.md');
    await writeWhole(file, 'old');
    await writeWhole(file, 'new');
    expect(await readFile(file, 'utf8')).toBe('new');
    await mkdir(join(folder, 'taken'));
    await expect(writeWhole(join(folder, 'taken'), 'x')).rejects.toMatchObject({
      code: 'invalid-message',
      field: 'out',
    });
    expect((await readdir(folder)).sort()).toEqual(['table.md', 'taken']);
  });
});
