import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { folderCheckpoints } from '../../../src/model/checkpoint/checkpointStore.js';
import { copiesIn } from '../../../src/model/checkpoint/copies.js';
import { writeCheckpoint } from '../../../src/model/checkpoint/writeCheckpoint.js';
import { caches, left, registered } from '../../../src/streams/caches.js';
import type { Settings } from '../../../src/streams/context.js';
import type { Signal } from '../../../src/streams/signal.js';
import { NO_CHECKPOINTS, noCopies } from '../../support/processing.js';
import { someCheckpoints } from '../model/checkpoint/support.js';

const MODEL = {
  ...{ version: 'v1', task: 't', classes: ['cat'], checkpoint: 'file:///v1' },
  ...{ sha256: '0'.repeat(64), dimension: 4, backend: 'cpu' },
};
const [checkpoint] = await someCheckpoints();
const [known = ''] = checkpoint.state.classes;
const CAT = { name: known, state: 'learned', task: 't', count: 1, centroid: null } as const;

describe('a worker', () => {
  let store: KnowledgeStore;
  let stop: Subject<void>;
  let signals: Signal[];
  beforeEach(() => {
    store = createMemoryStore({ dimension: 4 });
    stop = new Subject<void>();
    signals = [];
  });
  afterEach(() => stop.next());

  const contextOf = (parts: Partial<Parameters<typeof caches>[0]>): Parameters<typeof caches>[0] => ({
    ...{ store, stop, worker: 'here', copies: noCopies(), checkpoints: NO_CHECKPOINTS },
    screen: { assess: async () => [], calibrate: async () => null, keepUp: async () => true },
    settings: { keepModels: 3 } as Settings,
    ...parts,
  });
  const run = (context: Parameters<typeof caches>[0]) =>
    caches(context).subscribe((signal) => signals.push(signal));
  const erase = () => store.registry.update(() => ({ put: [{ ...CAT, state: 'erased' }] }));
  const holder = async () => (await store.holders.list())[0];

  it('removes what it keeps of erased classes, and of old models, whatever else it does', async () => {
    const removed: string[] = [];
    const checkpoints = {
      ...NO_CHECKPOINTS,
      removeOf: async (classes: readonly string[]) => removed.push(`of ${classes}`),
      removeOld: async (keep: number, current: string) => removed.push(`all but ${keep} and ${current}`),
    };
    const running = run(contextOf({ checkpoints }));
    await store.registry.update(() => ({ put: [CAT], model: MODEL }));
    await expect.poll(() => removed).toEqual(['all but 3 and v1']);
    await store.registry.update(() => ({ put: [{ ...CAT, state: 'unlearned' }] }));
    await store.registry.update(() => ({
      put: [{ ...CAT, state: 'erased' }],
      model: { ...MODEL, version: 'v2' },
    }));
    await expect.poll(() => removed.slice(1)).toEqual([`of ${known}`, 'all but 3 and v2']);
    stop.next();
    expect(running.closed).toBe(true);
  });

  it('is known before it has looked, and then says up to which version nothing of what is erased is there', async () => {
    const context = contextOf({});
    await lastValueFrom(registered(context), { defaultValue: null });
    expect(await holder()).toMatchObject({
      ...{ id: context.copies.id, worker: 'here', folder: '/nowhere' },
      ...{ confirmed: 0, lookedAt: null, holds: [], gone: false },
    });
    const { version } = await erase();
    run(context);
    await expect.poll(holder).toMatchObject({ confirmed: version, lookedAt: expect.any(String) });
    // It looks no oftener than something is erased.
    await store.registry.update(() => ({ knownLevel: 0.5 }));
    const again = await store.registry.update(() => ({ put: [{ ...CAT, name: 'dog', state: 'erased' }] }));
    await expect.poll(holder).toMatchObject({ confirmed: again.version });
  });

  it('notes itself again where the store lost it', async () => {
    const context = contextOf({});
    run(context);
    await expect.poll(holder).toMatchObject({ id: context.copies.id });
    await store.holders.drop(context.copies.id);
    await store.registry.update(() => ({ knownLevel: 0.5 }));
    await expect.poll(holder).toMatchObject({ id: context.copies.id });
  });

  describe('with a folder of its own', () => {
    let folder = '';
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lethe-caches-'));
    });
    afterEach(() => rm(folder, { recursive: true }));

    it('that stands by removes its copies of a class that was erased by another, and confirms it', async () => {
      const { version: copy } = await writeCheckpoint(folder, checkpoint);
      const { version } = await erase();
      run(contextOf({ checkpoints: folderCheckpoints(folder), copies: await copiesIn(folder) }));
      await expect.poll(holder).toMatchObject({ confirmed: version, holds: [] });
      expect(await readdir(folder)).not.toContain(copy);
    });

    it('confirms nothing while a copy is there, says so once, and tries again until it is gone', async () => {
      const { version: copy } = await writeCheckpoint(folder, checkpoint);
      const whole = folderCheckpoints(folder);
      let tries = 0;
      const checkpoints = {
        ...whole,
        removeOf: async (classes: readonly string[]) => (++tries < 2 ? 0 : whole.removeOf(classes)),
      };
      const { version } = await erase();
      run(contextOf({ checkpoints, copies: await copiesIn(folder) }));
      await expect.poll(holder).toMatchObject({ confirmed: 0, holds: [copy] });
      await expect.poll(holder, { timeout: 8000 }).toMatchObject({ confirmed: version, holds: [] });
      expect(signals).toEqual([{ kind: 'residue', holds: [copy] }]);
    });

    it('does not confirm before a copy that it is writing is there to be seen', async () => {
      const copies = await copiesIn(folder);
      const { version } = await erase();
      let write = (): void => undefined;
      const writing = copies.writing([known], async () => {
        await new Promise<void>((resolve) => (write = resolve));
        return writeCheckpoint(folder, checkpoint);
      });
      run(contextOf({ checkpoints: folderCheckpoints(folder), copies }));
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await holder()).toBeUndefined();
      write();
      const { version: copy } = await writing;
      await expect.poll(holder).toMatchObject({ confirmed: version, holds: [] });
      expect(await readdir(folder)).not.toContain(copy);
    });

    it('is no holder any more where it ends, and its folder with it', async () => {
      await writeCheckpoint(folder, checkpoint);
      const context = contextOf({ copies: await copiesIn(folder) });
      await lastValueFrom(registered(context), { defaultValue: null });
      await lastValueFrom(left(context), { defaultValue: null });
      expect(await store.holders.list()).toEqual([]);
      expect(await readdir(folder)).toEqual([expect.stringMatching(/^\.holder-/)]);
    });
  });
});
