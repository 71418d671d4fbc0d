import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copiesIn } from '../../../../src/model/checkpoint/copies.js';
import { MANIFEST_FILE } from '../../../../src/model/checkpoint/manifest.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { someCheckpoints } from './support.js';

const [checkpoint] = await someCheckpoints();
const [known = ''] = checkpoint.state.classes;

describe('the copies in a folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'lethe-copies-')), 'checkpoints');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true }));

  it('are known by an id that stays with the folder, also where several begin at once', async () => {
    const begun = await Promise.all(Array.from({ length: 8 }, () => copiesIn(folder)));
    expect(new Set(begun.map(({ id }) => id)).size).toBe(1);
    expect((await copiesIn(folder)).id).toBe(begun[0]?.id);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.holder-\d+\.json$/)]);
    const elsewhere = await copiesIn(join(folder, 'other'));
    expect(elsewhere.id).not.toBe(begun[0]?.id);
    // Of a volume that was cloned: both may hold something.
    await cp(folder, join(folder, '..', 'clone'), { recursive: true });
    expect((await copiesIn(join(folder, '..', 'clone'))).id).not.toBe(begun[0]?.id);
  });

  it.each(['', 'null', '{"id":"cat"}', '\u0000'])(
    'are refused where the id is spoilt: %j',
    async (spoilt) => {
      await copiesIn(folder);
      const [file = ''] = await readdir(folder);
      await writeFile(join(folder, file), spoilt);
      await expect(copiesIn(folder)).rejects.toMatchObject({
        code: 'config-invalid',
        value: join(folder, file),
        remedy: expect.stringContaining('lethe workers gone'),
      });
    },
  );

  it('are all that knows a class, or might: checkpoints, and what killed processes left', async () => {
    const copies = await copiesIn(folder);
    expect(await copies.look([known])).toEqual([]);
    const { version, folder: written } = await writeCheckpoint(folder, checkpoint);
    await cp(written, join(folder, '.writing-whole'), { recursive: true });
    await cp(written, join(folder, '.writing-torn'), { recursive: true });
    await rm(join(folder, '.writing-torn', MANIFEST_FILE));
    await mkdir(join(folder, '.removing-abc'));
    expect((await copies.look([known])).sort()).toEqual(
      ['.removing-abc', '.writing-torn', '.writing-whole', version].sort(),
    );
    expect((await copies.look(['no class of it'])).sort()).toEqual(['.removing-abc', '.writing-torn']);
  });

  it('that are being written are waited for, where they may know the class', async () => {
    const copies = await copiesIn(folder);
    let end = (): void => undefined;
    const writing = copies.writing(['cat', 'dog'], () => new Promise<void>((resolve) => (end = resolve)));
    const failing = copies.writing(['cat'], () => Promise.reject(new Error('no disk')));
    await expect(failing).rejects.toThrow('no disk');
    await copies.written(['frog']);
    let isWritten = false;
    const written = copies.written(['cat']).then(() => {
      isWritten = true;
    });
    await new Promise(setImmediate);
    expect(isWritten).toBe(false);
    end();
    await Promise.all([writing, written]);
    await copies.written(['cat']);
  });

  it('can be cleared, and the folder stays the same', async () => {
    const copies = await copiesIn(folder);
    await writeCheckpoint(folder, checkpoint);
    await copies.clear();
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.holder-/)]);
  });
});
