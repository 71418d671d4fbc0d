import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readInputs } from '../../../src/data/imageFolder.js';
import type { InputItem } from '../../../src/data/inputItem.js';
import { readJsonLines } from '../../../src/data/jsonLines.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-inputs-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

async function all(items: AsyncIterable<InputItem>): Promise<InputItem[]> {
  const collected: InputItem[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

const inputs = (path = ''): Promise<InputItem[]> => all(readInputs(join(folder, path)));
const lines = (...text: string[]): Promise<InputItem[]> =>
  all(readJsonLines(Readable.from(text.map((line) => `${line}\n`)), { name: 'stdin', folder }));

describe('a folder of images', () => {
  it('gives each image with its label, in the order of the names', async () => {
    await put('dog/b.JPG', 'B');
    await put('cat/a.png', 'A');
    await put('cat/.hidden.png', '');
    await put('cat/notes.txt', '');
    await put('loose.webp', 'C');
    expect((await inputs()).map(({ id, label, payload }) => [id.split('#')[0], label, payload])).toEqual([
      ['cat/a.png', 'cat', { kind: 'image', contentType: 'image/png', bytes: Buffer.from('A') }],
      ['dog/b.JPG', 'dog', { kind: 'image', contentType: 'image/jpeg', bytes: Buffer.from('B') }],
      ['loose.webp', undefined, { kind: 'image', contentType: 'image/webp', bytes: Buffer.from('C') }],
    ]);
  });

  it('gives the same ids for the same content and others for other content', async () => {
    await put('cat/a.png', 'A');
    const [first] = await inputs();
    expect((await inputs())[0]?.id).toBe(first?.id);
    await put('cat/a.png', 'another');
    expect((await inputs())[0]?.id).not.toBe(first?.id);
  });

  it('may have links in it', async () => {
    await put('elsewhere/a.png', 'A');
    await mkdir(join(folder, 'linked'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'linked', 'cat'), 'junction');
    expect(await inputs('linked')).toMatchObject([{ label: 'cat' }]);
  });

  it('may be a single file', async () => {
    await put('a.png', 'A');
    expect(await inputs('a.png')).toMatchObject([{ payload: { contentType: 'image/png' } }]);
  });

  it.each([
    ['nothing there', 'none', 'invalid-message'],
    ['a folder without images', 'empty', 'invalid-message'],
    ['another kind of file', 'empty/notes.txt', 'unsupported-format'],
  ])('is refused: %s', async (_, path, code) => {
    await put('empty/notes.txt', '');
    await expect(inputs(path)).rejects.toMatchObject({ code, field: 'path' });
  });
});

describe('JSON lines', () => {
  it('carry vectors, images in base64, or paths', async () => {
    await put('a.png', 'A');
    expect(
      await lines(
        '{"id": "1", "label": "cat", "vector": [1, 0.5]}',
        '',
        `{"id": "2", "image": "${Buffer.from('B').toString('base64')}", "contentType": "image/webp"}`,
        '{"id": "3", "path": "a.png"}',
      ),
    ).toEqual([
      { id: '1', label: 'cat', payload: { kind: 'vector', vector: Float32Array.from([1, 0.5]) } },
      { id: '2', payload: { kind: 'image', contentType: 'image/webp', bytes: Buffer.from('B') } },
      { id: '3', payload: { kind: 'image', contentType: 'image/png', bytes: Buffer.from('A') } },
    ]);
  });

  it('are read from a file, whose folder its paths start from', async () => {
    await put('data/a.png', 'A');
    await put('data/inputs.jsonl', '{"path": "a.png"}\n');
    expect(await inputs('data/inputs.jsonl')).toMatchObject([{ payload: { bytes: Buffer.from('A') } }]);
  });

  it.each([
    ['what is not JSON', '{"vector": [1'],
    ['a line without content', '{"id": "1"}'],
    ['an unknown field', '{"vector": [1], "colour": "red"}'],
    ['a vector of text', '{"vector": ["1"]}'],
    ['an image that is not base64', '{"image": "?", "contentType": "image/png"}'],
    ['a path to nothing', '{"path": "none.png"}'],
  ])('name the line that is refused: %s', async (_, line) => {
    await expect(lines('{"vector": [1]}', line)).rejects.toMatchObject({
      code: 'invalid-message',
      field: 'stdin:2',
    });
  });
});
