import { describe, expect, it } from 'vitest';
import { describeEvent, eventLine } from '../../../src/domain/describeEvent.js';
import type { EventOf } from '../../../src/domain/messages/event.js';

const unlearned: EventOf<'unlearned'> = {
  kind: 'unlearned',
  commandId: 'c1',
  by: 'name',
  classes: [
    { name: 'cat', moved: 20 },
    { name: 'dog', moved: 3 },
  ],
  registryVersion: 4,
  ms: 19.42,
};
const erased: EventOf<'erased'> = {
  kind: 'erased',
  commandId: 'c2',
  classes: [{ name: 'cat', vectors: 20 }],
  modelVersion: 'v2',
  databaseFiles: 'none',
  checkpoints: 1,
  deadLetters: 0,
  topics: [
    { topic: 'lethe.samples', records: 'kept', retentionMs: 60_000 },
    { topic: 'lethe.dead-letters', records: 'deleted', retentionMs: null },
  ],
  places: [],
  registryVersion: 9,
  ms: 1,
};

describe('an event in words', () => {
  it('names each class with its vectors, and the time', () => {
    expect(eventLine(unlearned)).toBe('unlearned cat (20 vectors), dog (3 vectors) in 19.4 ms');
  });

  it('says what is deleted of an erased class, and which topics keep records of it', () => {
    expect(describeEvent(erased)).toEqual({
      what: 'erased cat (20 vectors), 1 older models and 0 dead letters; model v2 has never seen them',
      more: 'lethe.samples: kept, it may hold records for 60 seconds',
    });
    expect(describeEvent({ ...erased, topics: [] }).more).toBe('no topic keeps records of it');
  });

  it('says why something failed', () => {
    const error = { code: 'task-timeout', message: 'no samples came', remedy: 'Send them.' } as const;
    expect(eventLine({ kind: 'task-failed', task: 't1', error })).toBe('task t1 failed; no samples came');
  });

  it('says of a sample that was not stored that it will be refused', () => {
    const none: EventOf<'samples-unlearned'> = {
      kind: 'samples-unlearned',
      commandId: 'c3',
      by: 'id',
      asked: 1,
      classes: [],
      registryVersion: 1,
      ms: 1,
    };
    expect(eventLine(none)).toBe('none of these samples was stored; Lethe will refuse them');
  });
});
