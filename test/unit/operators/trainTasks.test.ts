import { describe, expect, it } from 'vitest';
import { LetheError } from '../../../src/domain/errors.js';
import { createTurns } from '../../../src/domain/inTurn.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { CollectedTask } from '../../../src/learning/task.js';
import type { Trainer } from '../../../src/model/trainer.js';
import { trainTasks } from '../../../src/operators/trainTasks.js';
import { fakeModels } from '../../support/fakeModels.js';
import { through } from '../../support/flows.js';
import { holdingOn } from '../../support/holdingOn.js';
import { modelOf, recordOf, stateOf, storeOf, taskOf, vectorsOf } from '../../support/knowledge.js';

const collected = (task: string, name: string, changes: Partial<CollectedTask> = {}): CollectedTask => ({
  outcome: 'complete',
  announcement: { kind: 'task-announced', task, classes: [name], samples: 2 },
  stored: 2,
  refused: 0,
  nameless: 0,
  ms: 10,
  ...changes,
});
const killed = new LetheError('training-failed', 'the process ended', {
  remedy: '',
  retriable: true,
  evidence: { killed: true },
});

/** Two tasks whose samples are there, and a trainer that does `work` first. */
async function training(work: () => void | Promise<void> = () => undefined) {
  const store = await storeOf({
    classes: [
      recordOf('cat', { state: 'learning', task: 't2' }),
      recordOf('dog', { state: 'learning', task: 't3' }),
    ],
    tasks: [taskOf('t2'), taskOf('t3', { classes: ['dog'] })],
    cil: [...vectorsOf('cat', 2), ...vectorsOf('dog', 2, 1)],
  });
  const models = fakeModels();
  let made = 0;
  const trainer: Trainer = {
    backend: 'cpu',
    close: async () => undefined,
    train: async ({ classes }, onProgress) => {
      await work();
      onProgress({ epoch: 1, epochs: 2, loss: 0.5, ms: 3 });
      return modelOf(`v${++made}`, ...classes);
    },
  };
  const { perseverance, stopping, waits } = holdingOn();
  const operator = trainTasks({
    trainer,
    store,
    load: models.load,
    install: models.install,
    inTurn: createTurns(),
    perseverance,
  });
  const run = (...tasks: readonly CollectedTask[]): Promise<LetheEvent[]> => through(tasks, operator);
  return { store, models, trainer, stopping, waits, run };
}
const kinds = (events: readonly LetheEvent[]) =>
  events.map((event) => ('task' in event ? `${event.kind} ${event.task}` : event.kind));

describe('trainTasks', () => {
  it('trains one task after the other, and tells of each', async () => {
    const { run, store, models } = await training();
    const events = await run(collected('t2', 'cat'), collected('t3', 'dog'));
    expect(events).toMatchObject([
      { kind: 'task-started', task: 't2', classes: ['cat'], samples: 2 },
      { kind: 'task-epoch', task: 't2', epoch: 1, epochs: 2, loss: 0.5, ms: 3 },
      { kind: 'model-published', model: { version: 'v1' } },
      { kind: 'task-finished', task: 't2', modelVersion: 'v1' },
      { kind: 'task-started', task: 't3' },
      { kind: 'task-epoch', task: 't3' },
      { kind: 'model-published', model: { version: 'v2' } },
      { kind: 'task-finished', task: 't3', modelVersion: 'v2' },
    ]);
    for (const event of events) {
      if (event.kind !== 'task-finished') continue;
      expect(event.ms).toBeGreaterThan(0);
      expect(event.ms).toBeLessThan(60_000);
    }
    expect([models.installed, models.disposed]).toEqual([['v1', 'v2'], []]);
    expect(store.registry.snapshot().model?.version).toBe('v2');
    expect([await stateOf(store, 'cat'), await stateOf(store, 'dog')]).toEqual(['learned', 'learned']);
  });

  it('gives up a task whose samples stopped coming; the others are trained', async () => {
    const { run, store } = await training();
    const timedOut = collected('t2', 'cat', {
      outcome: 'timeout',
      announcement: { kind: 'task-announced', task: 't2', classes: ['cat'], samples: 9 },
      refused: 3,
      nameless: 1,
      ms: 10.4,
    });
    const events = await run(timedOut, collected('t3', 'dog'));
    expect(events[0]).toMatchObject({
      kind: 'task-failed',
      task: 't2',
      error: {
        code: 'task-timeout',
        field: 'samples',
        value: '9',
        evidence: { expected: 9, stored: 2, refused: 3, refusedWithoutId: 1, missing: 4, waitedMs: 10 },
      },
    });
    expect(await stateOf(store, 'cat')).toBeUndefined();
    expect(kinds(events.slice(1))).toContain('task-finished t3');
  });

  it('tells once that a task started, however often it is tried', async () => {
    let tries = 0;
    const { run, waits } = await training(() => {
      if (tries++ < 3) throw killed;
    });
    const events = await run(collected('t2', 'cat'));
    expect(kinds(events)).toEqual([
      'task-started t2',
      'task-epoch t2',
      'model-published',
      'task-finished t2',
    ]);
    expect(waits).toEqual(['training-failed', 'training-failed', 'training-failed', null]);
  });

  it('tells of a task that can’t be trained, and that it can be announced again', async () => {
    const { run, store } = await training(() => {
      throw new TypeError('boom');
    });
    const events = await run(collected('t2', 'cat'));
    expect(events.at(-1)).toMatchObject({
      kind: 'task-failed',
      task: 't2',
      error: { code: 'training-failed', message: 'boom' },
    });
    expect(store.registry.snapshot().tasks.has('t2')).toBe(false);
  });

  it('tells nothing of what a drain breaks off: the next start goes on with it', async () => {
    const given = await training(() => {
      given.stopping.abort();
      throw killed;
    });
    expect(kinds(await given.run(collected('t2', 'cat')))).toEqual(['task-started t2']);
    expect(given.store.registry.snapshot().tasks.get('t2')?.state).toBe('open');
  });

  it('tells of what can’t be trained at all, also during a drain', async () => {
    const given = await training(() => {
      given.stopping.abort();
      throw new TypeError('boom');
    });
    expect(kinds(await given.run(collected('t2', 'cat'))).at(-1)).toBe('task-failed t2');
  });

  it('frees a model that did not become current, and fails where the store does', async () => {
    const { run, store, models, stopping } = await training();
    store.registry.update = () => Promise.reject(new TypeError('no such script'));
    store.migrate = () => Promise.reject(new TypeError('no such script'));
    await expect(run(collected('t2', 'cat'))).rejects.toThrow('no such script');
    expect([models.installed, models.disposed]).toEqual([[], ['v1']]);
    expect(stopping.signal.aborted).toBe(false);
  });

  it('ends a task with the model that is current where another one has learned its classes', async () => {
    const { run, store, models } = await training();
    await store.registry.update(() => ({
      put: [recordOf('cat', { task: 't1' })],
      model: modelOf('v9', 'cat'),
    }));
    expect(await run(collected('t2', 'cat'))).toMatchObject([
      { kind: 'task-finished', task: 't2', modelVersion: 'v9', ms: expect.closeTo(0, -4) },
    ]);
    expect(store.registry.snapshot().tasks.get('t2')).toEqual({
      name: 't2',
      state: 'finished',
      classes: ['cat'],
      samples: 2,
    });
    expect(models.installed).toEqual([]);
  });

  it('does so also before the first model', async () => {
    const { run, store } = await training();
    await store.registry.update(() => ({ put: [recordOf('cat', { task: 't1' })] }));
    expect(await run(collected('t2', 'cat'))).toMatchObject([
      { kind: 'task-finished', modelVersion: 'none' },
    ]);
  });
});
