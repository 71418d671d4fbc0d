import { describe, expect, it } from 'vitest';
import { toldBy } from '../../../src/console/timeline.js';
import { NOTHING_BEFORE } from '../../../src/domain/messages/audit.js';
import type { LogRecord } from '../../../src/domain/record.js';

const TIME = '2026-01-02T03:04:05.000Z';

function record(told: unknown, changes: object = {}): LogRecord {
  const value = {
    sequence: 0,
    previous: NOTHING_BEFORE,
    time: TIME,
    model: 'm',
    position: 'c/0/0',
    told,
    ...changes,
  };
  return {
    topic: 'audit',
    partition: 0,
    offset: 0n,
    key: 'm',
    value: Buffer.from(JSON.stringify(value)),
    headers: {},
    timestamp: 0,
  };
}
const command = (body: object) => record({ of: 'command', id: 'c1', actor: 'ada', body });

describe('a line of the timeline', () => {
  it('tells of a command: what, by whom, and what it is about', () => {
    const learn = { kind: 'learn', task: 't', classes: ['cat', 'dog'], samples: 9 };
    expect(toldBy(command(learn))).toEqual({
      of: 'command',
      at: Date.parse(TIME),
      id: 'c1',
      actor: 'ada',
      kind: 'learn',
      about: 'cat, dog',
    });
    expect(toldBy(command({ kind: 'unlearn', examples: ['hash', 'hash'] }))).toMatchObject({
      about: '2 examples',
    });
    expect(toldBy(command({ kind: 'unlearn', samples: ['hash'] }))).toMatchObject({ about: '1 samples' });
    expect(toldBy(command({ kind: 'unlearn', subject: 'hash' }))).toMatchObject({
      about: 'the samples of a subject',
    });
  });

  it('tells of an event whole, and of what could not be read by its reason', () => {
    const event = { kind: 'command-ignored', commandId: 'c1', command: 'unlearn' };
    expect(toldBy(record({ of: 'event', body: event }))).toEqual({
      of: 'event',
      at: Date.parse(TIME),
      event,
    });
    const unreadable = { of: 'unreadable', sha256: NOTHING_BEFORE, reason: 'invalid-message' };
    expect(toldBy(record(unreadable))).toMatchObject({ kind: 'unreadable', about: 'invalid-message' });
  });

  it('passes over what another version or another program wrote', () => {
    expect(toldBy(record({ of: 'event', body: { kind: 'dreamt' } }))).toBeNull();
    expect(toldBy(record({ of: 'rumour' }))).toBeNull();
    expect(toldBy({ ...record({}), value: Buffer.from('no JSON') })).toBeNull();
  });
});
