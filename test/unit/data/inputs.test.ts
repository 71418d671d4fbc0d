import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { execute } from '../../../scripts/services/commands.js';
import { contentId } from '../../../src/data/contentId.js';
import { readInputs } from '../../../src/data/imageFolder.js';
import type { FoundInput, InputItem, UnusableInput } from '../../../src/data/inputItem.js';
import { readJsonLines } from '../../../src/data/jsonLines.js';
import { idSchema } from '../../../src/domain/messages/common.js';
import { MAGIC } from '../../support/inputFiles.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-inputs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const { png: PNG, jpeg: JPEG, webp: WEBP, gif: GIF } = MAGIC;
const LIMITS = { maxBytes: 1000 };

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content);
}

async function all(found: AsyncIterable<FoundInput>) {
  const items: InputItem[] = [];
  const unusable: UnusableInput[] = [];
  for await (const each of found) {
    if ('item' in each) items.push(each.item);
    else unusable.push(each.unusable);
  }
  return { items, unusable };
}

const found = (path = '') => all(readInputs(join(folder, path), LIMITS));
const inputs = async (path = ''): Promise<InputItem[]> => (await found(path)).items;
const unusable = async (path = '') =>
  (await found(path)).unusable.map(({ place, label, error }) => [
    place.slice(folder.length + 1),
    label,
    error.code,
    error.message.slice(place.length + 2),
  ]);
const lines = (...text: string[]) =>
  all(readJsonLines(Readable.from(text.map((line) => `${line}\n`)), { name: 'stdin', folder }, LIMITS));

describe('a folder of images', () => {
  it('gives each image with its label, in the order of the names', async () => {
    await put('dog/b.JPG', JPEG);
    await put('cat/a.png', PNG);
    await put('cat/.hidden.png', '');
    await put('loose.webp', WEBP);
    expect((await inputs()).map(({ id, label, payload }) => [id.split('#')[0], label, payload])).toEqual([
      ['cat/a.png', 'cat', { kind: 'image', contentType: 'image/png', bytes: PNG }],
      ['dog/b.JPG', 'dog', { kind: 'image', contentType: 'image/jpeg', bytes: JPEG }],
      ['loose.webp', undefined, { kind: 'image', contentType: 'image/webp', bytes: WEBP }],
    ]);
  });

  it('tells the type by the content, whatever a name says', async () => {
    await put('cat/a.png', JPEG);
    await put('cat/b', WEBP);
    expect((await inputs()).map(({ payload }) => payload)).toMatchObject([
      { contentType: 'image/jpeg' },
      { contentType: 'image/webp' },
    ]);
  });

  it('gives the same ids for the same content and others for other content', async () => {
    await put('cat/a.png', PNG);
    const [first] = await inputs();
    expect((await inputs())[0]?.id).toBe(first?.id);
    await put('cat/a.png', Buffer.concat([PNG, Buffer.from('more')]));
    expect((await inputs())[0]?.id).not.toBe(first?.id);
  });

  it('gives ids that Lethe takes, whatever the names of the files are', async () => {
    const names = [
      'a\nb',
      'Screenshot at 9.41\u202fAM',
      ' lead',
      'ole\u0301',
      '\u200d',
      `${'x'.repeat(86)}${'😀'.repeat(40)}`,
    ];
    for (const name of names) await put(`cat/${name}.png`, PNG);
    await put('cat/x.png', PNG);
    const ids = (await inputs()).map(({ id }) => id);
    for (const id of ids) expect(idSchema.parse(id)).toBe(id);
    expect(new Set(ids).size).toBe(names.length + 1);
    expect(ids.filter((id) => id.startsWith('cat/ol\u00e9.png#'))).toHaveLength(1);
  });

  it('is the same place in either form of its name', () => {
    expect(contentId('ole\u0301/1.png', 'A')).toBe(contentId('ol\u00e9/1.png', 'A'));
    const emoji = `${'😀'.repeat(159)}/1.png`;
    expect(idSchema.parse(contentId(emoji, 'A'))).toBe(contentId(emoji, 'A'));
    expect(contentId(`one/${emoji}`, 'A')).not.toBe(contentId(`other/${emoji}`, 'A'));
  });

  it('may have links in it', async () => {
    await put('elsewhere/a.png', PNG);
    await mkdir(join(folder, 'linked'));
    await symlink(join(folder, 'elsewhere'), join(folder, 'linked', 'cat'), 'junction');
    expect(await inputs('linked')).toMatchObject([{ label: 'cat' }]);
  });

  it('may be a single file', async () => {
    await put('a.png', PNG);
    expect(await inputs('a.png')).toMatchObject([{ payload: { contentType: 'image/png' } }]);
  });

  it('says of everything that is no input what it is, and gives the rest', async () => {
    await put('cat/a.png', PNG);
    await put('cat/deeper/b.png', PNG);
    await put('cat/empty.png', '');
    await put('cat/huge.png', Buffer.alloc(1001));
    await put('cat/moving.gif', GIF);
    await put('cat/renamed.jpg', GIF);
    await put('notes.txt', 'notes');
    await mkdir(join(folder, 'nothing'));
    await symlink(join(folder, 'gone'), join(folder, 'cat', 'dangling.png'));
    await symlink(join(folder, 'cat', 'loop.png'), join(folder, 'cat', 'loop.png'));
    await execute('mkfifo', [join(folder, 'cat', 'pipe.png')]);
    await writeFile(Buffer.concat([Buffer.from(`${folder}/cat/`), Buffer.from([0xff, 0x2e])]), PNG);
    expect(await inputs()).toMatchObject([{ label: 'cat' }]);
    expect((await unusable()).sort()).toEqual([
      ['cat/dangling.png', 'cat', 'invalid-message', expect.stringContaining('no such file')],
      ['cat/deeper', 'cat', 'invalid-message', 'it is a folder'],
      ['cat/empty.png', 'cat', 'empty-payload', 'the file is empty'],
      ['cat/huge.png', 'cat', 'image-too-large', 'the file has 1001 bytes'],
      ['cat/loop.png', 'cat', 'invalid-message', 'its links lead in a circle'],
      ['cat/moving.gif', 'cat', 'unsupported-format', expect.stringContaining('GIF')],
      ['cat/pipe.png', 'cat', 'invalid-message', 'it is not a regular file'],
      ['cat/renamed.jpg', 'cat', 'unsupported-format', expect.stringContaining('GIF')],
      ['cat/\ufffd.', 'cat', 'invalid-message', 'its name is not UTF-8'],
      ['notes.txt', undefined, 'unsupported-format', expect.stringContaining('not a known image')],
      ['nothing', 'nothing', 'invalid-message', 'the folder is empty'],
    ]);
  });

  it.each([
    ['nothing there', 'none', 'invalid-message'],
    ['an empty folder', 'empty', 'invalid-message'],
    ['another kind of file', 'notes/notes.txt', 'unsupported-format'],
    ['a link to nothing', 'dangling', 'invalid-message'],
  ])('is refused: %s', async (_, path, code) => {
    await put('notes/notes.txt', 'notes');
    await mkdir(join(folder, 'empty'));
    await symlink(join(folder, 'gone'), join(folder, 'dangling'));
    await expect(found(path)).rejects.toMatchObject({ code, field: 'path' });
  });
});

describe('JSON lines', () => {
  it('carry vectors, images in base64, or paths', async () => {
    await put('a.png', PNG);
    const { items } = await lines(
      '{"id": "1", "label": "cat", "vector": [1, 0.5]}',
      '',
      `{"id": "2", "image": "${Buffer.from('B').toString('base64')}", "contentType": "image/webp"}`,
      '{"id": "3", "path": "a.png"}',
    );
    const line = (number: number) => ({ place: `stdin:${number}`, kind: 'line' });
    expect(items).toEqual([
      { ...line(1), id: '1', label: 'cat', payload: { kind: 'vector', vector: Float32Array.from([1, 0.5]) } },
      {
        ...line(3),
        id: '2',
        payload: { kind: 'image', contentType: 'image/webp', bytes: Buffer.from('B') },
      },
      { ...line(4), id: '3', payload: { kind: 'image', contentType: 'image/png', bytes: PNG } },
    ]);
  });

  it('are read from a file, whose folder its paths start from', async () => {
    await put('data/a.png', PNG);
    await put('data/inputs.jsonl', '{"path": "a.png"}\n');
    expect(await inputs('data/inputs.jsonl')).toMatchObject([{ payload: { bytes: PNG } }]);
  });

  it.each([
    ['what is not JSON', '{"vector": [1'],
    ['null', 'null'],
    ['a line without content', '{"id": "1"}'],
    ['an unknown field', '{"vector": [1], "colour": "red"}'],
    ['a vector of text', '{"vector": ["1"]}'],
    ['an image that is not base64', '{"image": "?", "contentType": "image/png"}'],
    ['a path to nothing', '{"path": "none.png"}'],
    ['a path to a folder', '{"path": "."}'],
    ['a path that is none', '{"path": "a\\u0000b"}'],
  ])('name the line that is refused, and go on: %s', async (_, line) => {
    const result = await lines(line, '{"vector": [1]}');
    expect(result.items).toMatchObject([{ place: 'stdin:2' }]);
    expect(result.unusable).toMatchObject([
      { place: 'stdin:1', error: { code: 'invalid-message', field: 'stdin:1' } },
    ]);
  });

  it('tell the class of a line that is refused for something else', async () => {
    expect((await lines('{"label": "cat", "path": "none.png"}')).unusable).toMatchObject([{ label: 'cat' }]);
  });

  it('that can not be read are an error', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('EIO: broken disk'));
      },
    });
    await expect(all(readJsonLines(broken, { name: 'disk', folder }, LIMITS))).rejects.toMatchObject({
      code: 'invalid-message',
      message: expect.stringContaining('broken disk'),
    });
  });
});
