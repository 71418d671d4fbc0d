import { afterEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import type { Holder } from '../../../src/domain/holders.js';
import type { FileRewrite } from '../../../src/domain/places.js';
import {
  learn,
  memoryLog,
  NO_CHECKPOINTS,
  noCopies,
  type Processing,
  type ProcessingOptions,
  startProcessing,
} from '../../support/processing.js';

const DIMENSION = 12;
const AWAY: Holder = {
  ...{ id: 'away', worker: 'standby', folder: '/volume', seenAt: '2026-01-31T12:00:00.000Z' },
  ...{ confirmed: 0, lookedAt: null, holds: [] },
};

describe('an erasure', () => {
  const running: Processing[] = [];
  const started = (options: ProcessingOptions): Processing => {
    const processing = startProcessing(options);
    running.push(processing);
    return processing;
  };
  afterEach(async () => {
    for (const processing of running.splice(0)) await processing.stop();
  });

  const storeThat = (...rewritings: readonly FileRewrite[]): KnowledgeStore => {
    const left = [...rewritings];
    const store = createMemoryStore({ dimension: DIMENSION });
    return { ...store, rewriteFiles: async () => left.shift() ?? 'done' };
  };
  const erasing = async (options: ProcessingOptions): Promise<Processing> => {
    const processing = started(options);
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'], now: true });
    await processing.event('erased');
    return processing;
  };
  const erasureOf = ({ store }: Processing) => store.registry.snapshot().classes.get('cat')?.erasure;
  const completions = (processing: Processing) =>
    processing.events().filter(({ kind }) => kind === 'erasure-completed');
  const stateOf = (places: readonly { place: string; state: string }[], name: string) =>
    places.find(({ place }) => place === name)?.state;
  /** Longer than it takes to look twice. */
  const aWhile = () => new Promise((resolve) => setTimeout(resolve, 1100));

  it('tells of each place, and once that all were looked at', async () => {
    const processing = await erasing({ store: storeThat('done') });
    const { places } = await processing.event('erased');
    expect(places.map(({ place, state }) => `${place} ${state}`)).toEqual([
      'DB-CIL done',
      'DB-MU done',
      'checkpoints done',
      'database files done',
      expect.stringMatching(/^worker test (done|waiting)$/),
      'test.samples kept',
      'test.queries kept',
      'test.commands kept',
      'test.dead-letters done',
    ]);
    const completed = await processing.event('erasure-completed');
    expect(completed).toMatchObject({ commandId: 'e1', classes: ['cat'] });
    expect(stateOf(completed.places, 'worker test')).toBe('done');
    await expect.poll(() => erasureOf(processing)).toMatchObject({ files: 'done', completed: true });
    await aWhile();
    expect(completions(processing)).toHaveLength(1);
  });

  it('has files that could not be written anew written again until they are', async () => {
    const processing = await erasing({ store: storeThat('failed', 'failed', 'done') });
    const erased = await processing.event('erased');
    expect([erased.databaseFiles, stateOf(erased.places, 'database files')]).toEqual(['failed', 'failed']);
    const { places } = await processing.event('erasure-completed');
    expect(stateOf(places, 'database files')).toBe('done');
    await expect.poll(() => erasureOf(processing)).toMatchObject({ files: 'done', completed: true });
  });

  it('goes on after a restart, and by the next learner', async () => {
    const log = memoryLog();
    const store = storeThat('failed', ...Array.from({ length: 50 }, () => 'failed' as const));
    const copies = noCopies();
    const first = await erasing({ log, store, copies });
    await first.stop();
    running.splice(0);
    expect(completions(first)).toEqual([]);
    const second = started({ log, copies, store: { ...store, rewriteFiles: async () => 'done' } });
    expect(await second.event('erasure-completed')).toMatchObject({ commandId: 'e1', classes: ['cat'] });
  });

  it('waits for a worker that may hold a copy, until that one has looked', async () => {
    const store = storeThat();
    await store.holders.note(AWAY);
    const processing = await erasing({ store });
    const { places } = await processing.event('erased');
    expect(stateOf(places, 'worker standby')).toBe('waiting');
    await aWhile();
    expect(completions(processing)).toEqual([]);
    const since = erasureOf(processing)?.since ?? 0;
    // What it saw before the class was erased says nothing of it.
    await store.holders.note({ ...AWAY, confirmed: since - 1, lookedAt: AWAY.seenAt });
    await aWhile();
    expect(completions(processing)).toEqual([]);
    await store.holders.note({ ...AWAY, confirmed: since, lookedAt: AWAY.seenAt });
    const completed = await processing.event('erasure-completed');
    expect(stateOf(completed.places, 'worker standby')).toBe('done');
  });

  it('waits no more for a worker that a person declared gone, and again where it comes back', async () => {
    const store = storeThat();
    await store.holders.note(AWAY);
    const processing = await erasing({ store });
    await processing.command({ id: 'g0', kind: 'declare-gone', workers: ['nobody'] });
    expect((await processing.event('command-rejected')).error).toMatchObject({ code: 'unknown-worker' });
    await processing.command({ id: 'g1', kind: 'declare-gone', workers: ['away'] });
    expect(await processing.event('workers-gone')).toMatchObject({
      commandId: 'g1',
      workers: [{ id: 'away', worker: 'standby', folder: '/volume', seenAt: AWAY.seenAt }],
    });
    const completed = await processing.event('erasure-completed');
    expect(stateOf(completed.places, 'worker standby')).toBe('gone');
    expect(await store.holders.list()).toContainEqual({ ...AWAY, gone: true });
    await store.holders.note({ ...AWAY, seenAt: '2026-01-31T13:00:00.000Z' });
    expect((await store.holders.list()).map(({ gone }) => gone)).not.toContain(true);
  });

  it('waits while a checkpoint that is shared knows the class, and has it removed', async () => {
    let knowing = ['v0001-aaaaaaaa'];
    let removals = 0;
    const processing = await erasing({
      store: storeThat(),
      checkpoints: {
        ...NO_CHECKPOINTS,
        knowing: async () => ({ kept: 1, knowing }),
        removeOf: async () => {
          // The first two are of the erasure itself, and of the worker that looks at its copies.
          if (++removals > 2) knowing = [];
          return 0;
        },
      },
    });
    const { places } = await processing.event('erased');
    expect(stateOf(places, 'checkpoints')).toBe('failed');
    const completed = await processing.event('erasure-completed');
    expect(stateOf(completed.places, 'checkpoints')).toBe('done');
  });

  it('ends without a word where the class is learned anew, and begins anew where that comes to nothing', async () => {
    const store = storeThat('failed', 'failed', 'failed', 'failed');
    await store.holders.note(AWAY);
    const processing = await erasing({ store, settings: { taskTimeoutMs: 1500 } });
    await expect.poll(() => store.registry.snapshot().classes.get('cat')?.erasing).toBe(undefined);
    const before = erasureOf(processing)?.since ?? 0;
    await processing.command({ id: 'l2', kind: 'learn', task: 't2', classes: ['cat'], samples: 99 });
    await processing.event('task-announced', ({ task }) => task === 't2');
    await processing.sample('late', 'cat', 't2', new Float32Array(DIMENSION).fill(1));
    await store.holders.note({ ...AWAY, confirmed: 1000, lookedAt: AWAY.seenAt });
    await processing.event('task-failed', ({ task }) => task === 't2');
    const { places } = await processing.event('erasure-completed');
    expect(stateOf(places, 'database files')).toBe('done');
    expect(erasureOf(processing)?.since).toBeGreaterThan(before);
  });

  it('of a version that kept nothing of it is left alone', async () => {
    const store = storeThat();
    const record = { name: 'cat', state: 'erased', task: 't', count: 0, centroid: null } as const;
    await store.registry.update(() => ({ put: [record] }));
    const processing = started({ store });
    await aWhile();
    expect(completions(processing)).toEqual([]);
    expect(store.registry.snapshot().classes.get('cat')).toEqual(record);
  });
});
