import { describe, expect, it } from 'vitest';
import { samplesOf, unfinished } from '../../../src/streams/openTasks.js';
import { modelOf, recordOf, storeOf, taskOf, vectorsOf } from '../../support/knowledge.js';

describe('what the worker before left', () => {
  const tasks = [
    taskOf('t1', { state: 'told' }),
    taskOf('t2', { state: 'finished', classes: ['dog'] }),
    taskOf('t3', { samples: 7 }),
  ];

  it('are tasks that are open, and those whose model was not told of', async () => {
    const model = modelOf('v2', 'dog');
    expect(await unfinished(await storeOf({ tasks, model }))).toEqual({
      open: [{ kind: 'task-announced', task: 't3', classes: ['cat'], samples: 7 }],
      untold: [
        { kind: 'model-published', model },
        { kind: 'task-finished', task: 't2', modelVersion: 'v2', ms: 0 },
      ],
    });
  });

  it('is told of no task without a model', async () => {
    expect((await unfinished(await storeOf({ tasks }))).untold).toEqual([]);
  });

  it('are also vectors of erased classes: they go first', async () => {
    const store = await storeOf({ classes: [recordOf('cat', { state: 'erased' })], mu: vectorsOf('cat', 2) });
    await unfinished(store);
    expect(await store.vectors.count()).toBe(0);
  });
});

it('the samples of a task are those stored of its classes, and those refused under its name', async () => {
  const store = await storeOf({
    cil: [...vectorsOf('cat', 2), ...vectorsOf('dog', 3, 1)],
    mu: vectorsOf('bird', 1, 2),
  });
  await store.registry.noteRefused('t2', [{ id: 'a', position: '1' }, { position: '2' }]);
  const announcement = { kind: 'task-announced', task: 't2', samples: 9 } as const;
  const counts = { refused: 1, nameless: 1 };
  expect(await samplesOf({ ...announcement, classes: ['cat', 'bird'] }, store)).toEqual({
    stored: 3,
    ...counts,
  });
});
