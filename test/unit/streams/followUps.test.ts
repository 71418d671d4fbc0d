import { from, lastValueFrom, toArray } from 'rxjs';
import { expect, it } from 'vitest';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { callingFor } from '../../../src/streams/followUps.js';

const EVENTS: LetheEvent[] = [
  { kind: 'task-announced', task: 't1', classes: ['cat'], samples: 1 },
  { kind: 'task-failed', task: 't1', error: { code: 'internal', message: '', remedy: '' } },
  { kind: 'relearned', commandId: 'r1', classes: [], registryVersion: 1, ms: 1 },
  { kind: 'known-calibrated', level: 0, share: 1, vectors: 1, ms: 1 },
  { kind: 'unlearned', commandId: 'u1', by: 'name', classes: [], registryVersion: 1, ms: 1 },
];

it.each([
  ['samples', ['task-announced', 'relearned']],
  ['model', ['task-failed', 'relearned', 'unlearned']],
  ['filter', ['relearned', 'unlearned']],
] as const)('work on the %s follows from the events that call for it', async (work, kinds) => {
  const called = await lastValueFrom(callingFor(work, from(EVENTS)).pipe(toArray()));
  expect(called.map(({ kind }) => kind)).toEqual(kinds);
});
