import { afterEach, describe, expect, it } from 'vitest';
import { countUnannounced, unannounced } from '../../../src/knowledge/unannounced.js';
import { centroidTraining } from '../../support/centroidTrainer.js';
import { PATCH_DIMENSION } from '../../support/patchEmbedder.js';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

/** What a test still holds when it ends. */
let held: (() => void)[] = [];

/** A training in which these tasks wait until they are released. */
function heldTasks(...tasks: readonly string[]) {
  const waits = new Map(
    tasks.map((task) => {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      held.push(release);
      return [task, { released, release }] as const;
    }),
  );
  const training = centroidTraining(PATCH_DIMENSION, async ({ task }) => waits.get(task)?.released);
  return { training, release: (task: string) => waits.get(task)?.release() };
}

const idsOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${name}-${i}`);

describe('the states of a class', () => {
  let processing: Processing;
  afterEach(async () => {
    for (const release of held) release();
    held = [];
    await processing.stop();
  });

  const record = (name: string) => processing.store.registry.snapshot().classes.get(name);
  const stored = (name: string) => processing.store.vectors.count({ classes: [name] });
  const send = async (name: string, axis: number, task: string, count = 4, from = 0): Promise<void> => {
    for (let i = from; i < from + count; i++)
      await processing.sample(`${name}-${i}`, name, task, around(axis, i));
  };
  const rejection = async (id: string) =>
    (await processing.event('command-rejected', ({ commandId }) => commandId === id)).error;
  const refusedSample = (id: string) => processing.deadLetter(({ source }) => source.headers.ce_id === id);
  const announce = (id: string, task: string, classes: string[], samples: number) =>
    processing.command({ id, kind: 'learn', task, classes, samples });

  describe('all of whose samples are unlearned', () => {
    it('while it trains: it is unlearned by the model that knows it, and the rebuild of the others goes on', async () => {
      const { training, release } = heldTasks('t1', 'rebuild-v1');
      processing = startProcessing({ training });
      await announce('l1', 't1', ['a', 'b'], 8);
      await send('a', 0, 't1');
      await send('b', 4, 't1');
      await processing.event('task-started');
      await processing.command({ id: 'u1', kind: 'unlearn', samples: idsOf('b', 4) });
      expect(await processing.event('samples-unlearned')).toMatchObject({
        classes: [{ name: 'b', removed: 4, remaining: 0 }],
      });
      release('t1');
      await processing.event('task-finished');
      expect(record('b')).toMatchObject({ state: 'unlearned', count: 0, centroid: null });
      expect((await processing.query('q0', around(4, 1))).probabilities.map(({ label }) => label)).toEqual([
        'a',
      ]);
      release('rebuild-v1');
      expect(await processing.event('model-rebuilt')).toMatchObject({ without: ['b'] });
      expect(record('b')?.state).toBe('rebuilt');
      expect(record('a')).toMatchObject({ state: 'learned', count: 4 });
      expect((await processing.query('q1', around(4, 1))).probabilities.map(({ label }) => label)).toEqual([
        'a',
      ]);
      await processing.command({ id: 'u2', kind: 'unlearn', samples: ['a-0'] });
      await processing.event('model-rebuilt', ({ replaces }) => replaces === 'v2');
      expect(record('a')).toMatchObject({ count: 3 });
      expect(record('a')?.withdrawn).toBeUndefined();
    });

    it('while they arrive: it leaves its task, which learns the others', async () => {
      processing = startProcessing();
      await announce('l1', 't1', ['a', 'b'], 8);
      await send('b', 4, 't1');
      await expect.poll(() => stored('b')).toBe(4);
      await processing.command({ id: 'u1', kind: 'unlearn', samples: idsOf('b', 4) });
      await processing.event('samples-unlearned');
      await send('a', 0, 't1');
      await processing.event('task-finished');
      expect(record('a')).toMatchObject({ state: 'learned', count: 4 });
      expect(record('b')).toMatchObject({ state: 'unlearned', count: 0 });
    });

    it('is learned anew, and only so: every remedy says what then works', async () => {
      processing = startProcessing();
      await learn(processing, 't1', { a: 0, b: 4 }, 4);
      await processing.command({ id: 'u1', kind: 'unlearn', samples: idsOf('b', 4) });
      await processing.event('model-rebuilt');
      await processing.command({ id: 'r1', kind: 'relearn', classes: ['b'] });
      expect(await rejection('r1')).toMatchObject({
        code: 'class-not-learned',
        remedy: 'Learn it again with a learn command and new samples.',
      });
      await processing.sample('b-9', 'b', 't2', around(4, 3));
      expect((await refusedSample('b-9')).code).toBe('class-unlearned');
      await announce('l2', 't2', ['b'], 2);
      await send('b', 4, 't2', 2, 10);
      await processing.event('task-finished', ({ task }) => task === 't2');
      expect(record('b')).toMatchObject({ state: 'learned', task: 't2', count: 2 });
      expect((await processing.query('q1', around(4, 1))).label).toBe('b');
    });

    it('and is the only one: another class is learned first, as the refusals say, then it anew', async () => {
      processing = startProcessing();
      await learn(processing, 't1', { b: 4 }, 4);
      await processing.command({ id: 'u1', kind: 'unlearn', samples: idsOf('b', 4) });
      expect((await processing.event('rebuild-failed')).error.code).toBe('rebuild-refused');
      await processing.command({ id: 'r1', kind: 'relearn', classes: ['b'] });
      expect((await rejection('r1')).remedy).toMatch(/learned, learn another one first/);
      await announce('l2', 't2', ['b'], 2);
      expect((await rejection('l2')).remedy).toMatch(/learned, learn another one first/);
      await learn(processing, 't3', { a: 0 }, 4);
      await processing.event('model-rebuilt');
      await announce('l4', 't4', ['b'], 2);
      await send('b', 4, 't4', 2, 10);
      await processing.event('task-finished', ({ task }) => task === 't4');
      expect(record('b')?.state).toBe('learned');
    });
  });

  it('unlearned before it was trained: learning it is refused, relearning brings it back from what was stored', async () => {
    processing = startProcessing();
    await announce('l1', 't1', ['a', 'b'], 8);
    await send('b', 4, 't1');
    await expect.poll(() => stored('b')).toBe(4);
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['b'] });
    await send('a', 0, 't1');
    await processing.event('task-finished');
    expect((await processing.query('q1', around(4, 1))).label).toBe('a');
    await announce('l2', 't2', ['b'], 4);
    expect(await rejection('l2')).toMatchObject({
      code: 'class-unlearned',
      remedy: expect.stringContaining('relearn'),
    });
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['b'] });
    await processing.event('task-finished', ({ task }) => task === 'relearn-r1');
    expect(record('b')).toMatchObject({ state: 'learned', count: 4 });
    expect((await processing.query('q2', around(4, 1))).label).toBe('b');
  });

  it('relearned while the task that it was unlearned from trains: that task learns it, the other has nothing to do', async () => {
    const { training, release } = heldTasks('t1');
    processing = startProcessing({ training });
    await announce('l1', 't1', ['a', 'b'], 8);
    await send('a', 0, 't1');
    await send('b', 4, 't1');
    await processing.event('task-started');
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['b'] });
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['b'] });
    await processing.event('relearned');
    release('t1');
    await processing.event('task-finished', ({ task }) => task === 'relearn-r1');
    expect(record('b')).toMatchObject({ state: 'learned', task: 't1', count: 4 });
    expect(processing.training.trained).toHaveLength(1);
  });

  it('erased while its task trains: it is erased when a model was made without it, not before', async () => {
    const { training, release } = heldTasks('t1');
    processing = startProcessing({ training });
    await announce('l1', 't1', ['a', 'b'], 8);
    await send('a', 0, 't1');
    await send('b', 4, 't1');
    await processing.event('task-started');
    await processing.command({ id: 'e1', kind: 'erase', classes: ['b'], now: true });
    await processing.event('erase-accepted');
    await announce('l2', 't2', ['b'], 4);
    expect(await rejection('l2')).toMatchObject({ code: 'class-erasing' });
    release('t1');
    const erased = await processing.event('erased');
    const current = processing.store.registry.snapshot().model;
    expect(current).toMatchObject({ version: erased.modelVersion, classes: ['a'] });
    expect(record('b')?.state).toBe('erased');
    expect(await stored('b')).toBe(0);
  });

  describe('whose task fails goes back to what it was', () => {
    const failing = (taskTimeoutMs = 60_000) => {
      const training = centroidTraining(PATCH_DIMENSION, async ({ task }) => {
        if (task.startsWith('again') || task.startsWith('relearn')) throw new Error('no such luck');
      });
      processing = startProcessing({ training, settings: { taskTimeoutMs } });
    };

    it('erased: nothing that came for it stays, and its samples are refused until it is announced again', async () => {
      failing(100);
      await learn(processing, 't1', { a: 0, b: 4 }, 4);
      await processing.command({ id: 'e1', kind: 'erase', classes: ['b'], now: true });
      await processing.event('erased');
      await announce('l2', 'again', ['b'], 4);
      await send('b', 4, 'again', 2, 10);
      expect((await processing.event('task-failed')).error.code).toBe('task-timeout');
      await expect.poll(() => stored('b')).toBe(0);
      expect(record('b')).toMatchObject({ state: 'erased', count: 0, centroid: null });
      expect(record('b')).not.toHaveProperty('before');
      await processing.sample('b-20', 'b', 'again', around(4, 1));
      expect((await refusedSample('b-20')).code).toBe('class-erased');
      expect(await stored('b')).toBe(0);
      // As the remedies say: the command under a new id, then all samples, also those that came before.
      await announce('l3', 'again', ['b'], 2);
      await send('b', 4, 'again', 2, 10);
      expect(
        (await processing.event('task-failed', ({ error }) => error.code !== 'task-timeout')).error.code,
      ).toBe('training-failed');
      expect(record('b')?.state).toBe('erased');
    });

    it('rebuilt: its vectors lie in DB-MU again, and it can be relearned again', async () => {
      failing();
      await learn(processing, 't1', { a: 0, b: 4 }, 4);
      await processing.command({ id: 'e1', kind: 'erase', classes: ['a'], now: true });
      await processing.event('erased');
      await learn(processing, 't2', { c: 8 }, 4);
      await processing.command({ id: 'u1', kind: 'unlearn', classes: ['b'] });
      await processing.command({ id: 'u2', kind: 'unlearn', samples: ['c-0'] });
      await expect.poll(() => record('b')?.state).toBe('rebuilt');
      await processing.command({ id: 'r1', kind: 'relearn', classes: ['b'] });
      await processing.event('task-failed');
      expect(record('b')).toMatchObject({ state: 'rebuilt' });
      expect(await processing.store.vectors.count({ database: 'mu', classes: ['b'] })).toBe(4);
      expect(await processing.store.vectors.count({ database: 'cil', classes: ['b'] })).toBe(0);
    });

    it('new: it is gone from the registry, and what was stored of it can be learned, or unlearned by name', async () => {
      failing();
      await announce('l1', 'again', ['b'], 4);
      await send('b', 4, 'again');
      await processing.event('task-failed');
      expect(record('b')).toBeUndefined();
      expect(await unannounced(processing.store)).toEqual([{ task: 'again', class: 'b', samples: 4 }]);
      expect(await countUnannounced(processing.store)).toBe(4);
      await processing.command({ id: 'u1', kind: 'unlearn', classes: ['b'] });
      expect(await processing.event('unlearned')).toMatchObject({ classes: [{ name: 'b', moved: 4 }] });
      await processing.command({ id: 'e1', kind: 'erase', classes: ['b'] });
      await processing.event('erased');
      expect(await stored('b')).toBe(0);
      expect(await unannounced(processing.store)).toEqual([]);
    });

    it('never announced at all: its samples are shown, and go by the name of their class or by their ids', async () => {
      processing = startProcessing();
      await send('x', 0, 't9', 3);
      await send('y', 4, 't9', 2);
      await expect.poll(() => countUnannounced(processing.store)).toBe(5);
      await processing.command({ id: 'u1', kind: 'unlearn', samples: ['x-0'] });
      await processing.event('samples-unlearned');
      expect(await unannounced(processing.store)).toEqual([
        { task: 't9', class: 'x', samples: 2 },
        { task: 't9', class: 'y', samples: 2 },
      ]);
      await processing.command({ id: 'e1', kind: 'erase', classes: ['x'], now: true });
      await processing.event('erased');
      expect(await unannounced(processing.store)).toEqual([{ task: 't9', class: 'y', samples: 2 }]);
      await processing.sample('x-9', 'x', 't9', around(0, 1));
      expect((await refusedSample('x-9')).code).toBe('class-erased');
    });
  });
});
