import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderCheckpoints } from '../../../../src/model/checkpoint/checkpointStore.js';
import { type Owner, ownedCheckpoints } from '../../../../src/model/checkpoint/ownedCheckpoints.js';
import { writeCheckpoint } from '../../../../src/model/checkpoint/writeCheckpoint.js';
import { checkpointStoreContract } from './checkpointStore.contract.js';
import { someCheckpoints } from './support.js';

const OWNER: Owner = { model: 'animals', host: 'here', pid: process.pid };

checkpointStoreContract('a folder whose owner notes what is its own', (folder) =>
  ownedCheckpoints(folder, folderCheckpoints(folder), OWNER),
);

const [first, second] = await someCheckpoints();

describe('the checkpoints of a process that forgets what they are of', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-owned-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const owned = (owner: Partial<Owner> = {}) =>
    ownedCheckpoints(folder, folderCheckpoints(folder), { ...OWNER, ...owner });
  const versions = async () => (await readdir(folder)).filter((name) => name.startsWith('v'));

  it('are removed by the next one; those of others in the folder stay, and are named', async () => {
    const foreign = await writeCheckpoint(folder, second);
    const process1 = owned();
    expect(await process1.removeLeft()).toEqual({ removed: 0, left: [foreign.version] });
    const own = await writeCheckpoint(folder, first);
    await process1.publish(own);
    process1.release();
    expect(await owned().removeLeft()).toEqual({ removed: 1, left: [foreign.version] });
    expect(await readdir(folder)).toEqual([foreign.version]);
  });

  it('stay while their process runs, also where it is this one', async () => {
    const running = owned();
    const stored = await writeCheckpoint(folder, first);
    const { version } = stored;
    await running.publish(stored);
    expect(await owned().removeLeft()).toEqual({ removed: 0, left: [version] });
    running.release();
    expect(await owned().removeLeft()).toEqual({ removed: 1, left: [] });
  });

  it.each([
    ['a process that runs', {}, 1],
    ['another model', { model: 'plants' }, 0],
    ['another machine', { host: 'there' }, 0],
  ])('stay where they are of %s', async (_, other, removedAtItsEnd) => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    try {
      await once(child, 'spawn');
      const before = owned({ pid: child.pid ?? 0, ...other });
      const stored = await writeCheckpoint(folder, first);
      await before.publish(stored);
      before.release();
      expect((await owned().removeLeft()).removed).toBe(0);
      expect(await versions()).toEqual([stored.version]);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect((await owned().removeLeft()).removed).toBe(removedAtItsEnd);
  });

  it('that were there before are not taken over by training them again', async () => {
    const stored = await writeCheckpoint(folder, first);
    const again = owned();
    await again.removeLeft();
    await again.publish(stored);
    again.release();
    expect(await owned().removeLeft()).toEqual({ removed: 0, left: [stored.version] });
  });

  it('are left, and named, where what was noted can not be read', async () => {
    const stored = await writeCheckpoint(folder, first);
    await writeFile(join(folder, '.owned-x.json'), '{"model":');
    expect(await owned().removeLeft()).toEqual({ removed: 0, left: [stored.version] });
  });
});
