import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wholeFolder } from '../../../src/data/wholeFolder.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'lethe-whole-'));
});
afterEach(() => rm(parent, { recursive: true }));

const writing = (content: string) => (into: string) => writeFile(join(into, 'file'), content);

describe('a folder that is whole or not there', () => {
  it('is built once', async () => {
    const folder = join(parent, 'deep', 'folder');
    expect(await wholeFolder(folder, writing('first'))).toBe(folder);
    await wholeFolder(folder, writing('second'));
    expect(await readFile(join(folder, 'file'), 'utf8')).toBe('first');
  });

  it('is not there after a failure, nor is anything that was begun', async () => {
    const failing = wholeFolder(join(parent, 'folder'), async (into) => {
      await writing('half')(into);
      throw new Error('broken off');
    });
    await expect(failing).rejects.toThrow('broken off');
    expect(await readdir(parent)).toEqual([]);
  });

  it('is the same for all who build it at once', async () => {
    const folder = join(parent, 'folder');
    await Promise.all(['a', 'b', 'c'].map((content) => wholeFolder(folder, writing(content))));
    expect(['a', 'b', 'c']).toContain(await readFile(join(folder, 'file'), 'utf8'));
    expect(await readdir(parent)).toEqual(['folder']);
  });
});
