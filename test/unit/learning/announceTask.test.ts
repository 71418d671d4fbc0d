import { describe, expect, it } from 'vitest';
import type { LearnCommand } from '../../../src/domain/messages/command.js';
import { announcedEvent, announceTask } from '../../../src/learning/announceTask.js';
import { recordOf, storeOf, taskOf } from '../../support/knowledge.js';

const command: LearnCommand = { id: 'c1', kind: 'learn', task: 't2', classes: ['cat', 'dog'], samples: 20 };

describe('a learn command', () => {
  it('makes its classes learning and opens its task, in one step', async () => {
    const store = await storeOf({});
    const { version } = store.registry.snapshot();
    const event = await announceTask(command, 'commands/0/7', store);
    expect(event).toEqual({
      kind: 'task-announced',
      task: 't2',
      classes: ['cat', 'dog'],
      samples: 20,
      commandId: 'c1',
    });
    const { classes, tasks, version: after } = store.registry.snapshot();
    expect(after).toBe(version + 1);
    const learning = { state: 'learning', task: 't2', count: 0, centroid: null };
    expect([...classes.values()]).toEqual([
      { name: 'cat', ...learning },
      { name: 'dog', ...learning },
    ]);
    expect([...tasks.values()]).toEqual([
      { name: 't2', state: 'open', classes: ['cat', 'dog'], samples: 20 },
    ]);
    expect(await store.registry.receipt('c1')).toMatchObject({
      position: 'commands/0/7',
      details: { kind: 'task-announced', classes: ['cat', 'dog'] },
    });
  });

  it('remembers what an erased class goes back to where the task fails', async () => {
    const erasure = {
      ...{ commandId: 'e1', since: 1, at: '2026-01-01T00:00:00Z' },
      ...({ files: 'done', completed: true } as const),
    };
    const store = await storeOf({ classes: [recordOf('cat', { state: 'erased', task: 't1', erasure })] });
    await announceTask(command, 'commands/0/7', store);
    const { classes } = store.registry.snapshot();
    expect(classes.get('cat')).toMatchObject({ state: 'learning', task: 't2', before: 'erased', erasure });
    expect(classes.get('dog')).not.toHaveProperty('before');
    expect(classes.get('dog')).not.toHaveProperty('erasure');
  });

  it('is refused with the class that stands against it, and nothing is changed', async () => {
    const store = await storeOf({ classes: [recordOf('dog')] });
    const before = store.registry.snapshot();
    await expect(announceTask(command, 'commands/0/7', store)).rejects.toMatchObject({
      code: 'class-known',
      field: 'classes.1',
      value: 'dog',
    });
    expect(store.registry.snapshot()).toBe(before);
  });

  it('is refused where a task of its name is there', async () => {
    const store = await storeOf({ tasks: [taskOf('t2', { state: 'told', classes: ['bird'] })] });
    await expect(announceTask(command, 'commands/0/7', store)).rejects.toMatchObject({
      code: 'duplicate-id',
      field: 'task',
      value: 't2',
    });
  });
});

it('the event of a task that no command announced names none', () => {
  const event = announcedEvent({ task: 't2', classes: ['cat'], samples: 3 });
  expect(event).toEqual({ kind: 'task-announced', task: 't2', classes: ['cat'], samples: 3 });
});
