import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../../../src/domain/messages/audit.js';
import type { LetheEvent } from '../../../../src/domain/messages/event.js';
import { type Effect, toldBy } from '../../../../src/streams/history/told.js';

const record = (body: Record<string, unknown>, confirms?: boolean): AuditRecord => ({
  ...{ sequence: 0, previous: '0', time: '', written: '', model: 'm', position: 'events/0/0' },
  told: { of: 'event', body },
  ...(confirms !== undefined && { registry: { confirms, version: 1 } }),
});
const told = (...events: readonly LetheEvent[]) => toldBy(events.map((event) => record({ ...event })));

const announced = (task: string, ...classes: string[]): LetheEvent => ({
  kind: 'task-announced',
  task,
  classes,
  samples: 1,
});
const finished = (task: string): LetheEvent => ({ kind: 'task-finished', task, modelVersion: 'v1', ms: 1 });
const moved = (...names: string[]) => names.map((name) => ({ name, moved: 1 }));
const done = { registryVersion: 1, ms: 1 };
const unlearned = (commandId: string, ...names: string[]) =>
  ({ kind: 'unlearned', commandId, by: 'name', classes: moved(...names), ...done }) as const;
const relearned = (commandId: string, ...names: string[]) =>
  ({ kind: 'relearned', commandId, classes: moved(...names), ...done }) as const;

describe('what the audit chain says should be in the store', () => {
  it('is nothing at the beginning', () => {
    expect(told()).toEqual({ effects: new Map(), learned: new Set(), open: new Set() });
  });

  it('are classes that were learned, and tasks that were not ended', () => {
    const { learned, open } = told(announced('t1', 'cat', 'dog'), finished('t1'), announced('t2', 'bird'));
    expect([[...learned], [...open]]).toEqual([['cat', 'dog'], ['t2']]);
  });

  it('is no class of a task that failed, nor the task', () => {
    const error = { code: 'internal', message: '', remedy: '' } as const;
    const { learned, open } = told(announced('t1', 'cat'), { kind: 'task-failed', task: 't1', error });
    expect([learned.size, open.size]).toEqual([0, 0]);
  });

  it('are the effects of commands, in the order in which they were done', () => {
    const effects: Effect[] = [
      unlearned('u1', 'cat'),
      relearned('r1', 'cat'),
      { kind: 'erase-accepted', commandId: 'e1', classes: moved('dog'), ...done },
      {
        kind: 'samples-unlearned',
        commandId: 's1',
        by: 'id',
        asked: 1,
        classes: [{ name: 'cat', removed: 1, remaining: 1 }],
        ...done,
      },
    ];
    const found = told(announced('t1', 'cat', 'dog'), finished('t1'), ...effects);
    expect([...found.effects]).toEqual(effects.map((effect) => [effect.commandId, effect]));
    expect([...found.learned]).toEqual(['cat']);
  });

  it('is no class whose last sample was unlearned', () => {
    const { learned } = told(announced('t1', 'cat', 'dog'), finished('t1'), {
      kind: 'samples-unlearned',
      commandId: 's1',
      by: 'id',
      asked: 2,
      classes: [
        { name: 'cat', removed: 1, remaining: 0 },
        { name: 'dog', removed: 1, remaining: 1 },
      ],
      ...done,
    });
    expect([...learned]).toEqual(['dog']);
  });

  it('is no class that was unlearned while its task trained', () => {
    const { learned } = told(announced('t1', 'cat', 'dog'), unlearned('u1', 'cat'), finished('t1'));
    expect([...learned]).toEqual(['dog']);
  });

  it('is nothing that was said to be lost', () => {
    const { learned, open } = told(announced('t1', 'cat', 'dog'), finished('t1'), announced('t2', 'bird'), {
      kind: 'store-brought-forward',
      ...{ found: 1, known: 2, carriedOut: [], lostClasses: ['cat'], lostTasks: ['t2'], registryVersion: 3 },
    });
    expect([[...learned], [...open]]).toEqual([['dog'], []]);
  });

  it('is nothing that the registry did not confirm, and nothing that is no event', () => {
    const body = { ...unlearned('u1', 'cat') };
    const { effects } = toldBy([
      record(body, false),
      record({ ...body, commandId: 'u2' }, true),
      record({ kind: 'no such' }),
      { ...record({}), told: { of: 'command', id: 'c1', actor: null, body } },
    ]);
    expect([...effects.keys()]).toEqual(['u2']);
  });
});
