import { describe, expect, it } from 'vitest';
import { auditEntryOf, LARGEST_BODY } from '../../../src/auditing/auditEntry.js';
import { sha256 } from '../../../src/domain/auditChain.js';
import { encodeCommand, encodeEvent } from '../../../src/domain/cloudEvents.js';
import type { Command } from '../../../src/domain/messages/command.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { LogRecord, OutgoingRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { recordAt } from '../../support/flows.js';

const topics = topicsUnder('test.');
const NOW = new Date('2026-01-02T03:04:05.678Z');
const read = ({ topic, key, value, headers }: OutgoingRecord, changes: Partial<LogRecord> = {}): LogRecord =>
  recordAt(7, { topic, key, value, headers, timestamp: Date.parse('2026-01-02T03:00:00Z'), ...changes });
const entryOf = (record: LogRecord) => auditEntryOf(record, topics, 'm', NOW);
const ofCommand = (command: Command, headers: Readonly<Record<string, string>> = {}) => {
  const written = encodeCommand(command, 'm', topics);
  return entryOf(read({ ...written, headers: { ...written.headers, ...headers } }));
};

describe('what the audit chain tells', () => {
  it('of a command: its body, who sent it, where and when', () => {
    expect(ofCommand({ id: 'c1', kind: 'unlearn', classes: ['cat'] }, { ce_actor: 'ann' })).toEqual({
      time: '2026-01-02T03:04:05.678Z',
      written: '2026-01-02T03:00:00.000Z',
      model: 'm',
      position: 'test.commands/0/7',
      told: { of: 'command', id: 'c1', actor: 'ann', body: { kind: 'unlearn', classes: ['cat'] } },
    });
  });

  it('of what is to be forgotten: the hashes', () => {
    const bodyOf = (command: Command) => {
      const told = ofCommand(command)?.told;
      return told?.of === 'command' ? told.body : undefined;
    };
    const example = { vector: [1, 0] };
    expect(bodyOf({ id: 'c1', kind: 'unlearn', examples: [example] })).toEqual({
      kind: 'unlearn',
      examples: [sha256(JSON.stringify(example))],
    });
    expect(bodyOf({ id: 'c1', kind: 'unlearn', samples: ['s1', 's2'] })).toEqual({
      kind: 'unlearn',
      samples: [sha256('s1'), sha256('s2')],
    });
    expect(bodyOf({ id: 'c1', kind: 'unlearn', subject: 'ann' })).toEqual({
      kind: 'unlearn',
      subject: sha256('ann'),
    });
    const learn: Command = { id: 'c1', kind: 'learn', task: 't1', classes: ['cat'], samples: 3 };
    const { id: _, ...body } = learn;
    expect(bodyOf(learn)).toEqual(body);
  });

  it('of a command that is too large for the chain: its kind, size and hash', () => {
    // A name is as long as 200 characters.
    const classes = Array.from({ length: 1400 }, (_, i) => `${i}`.padStart(200, 'x'));
    const body = { kind: 'unlearn', classes };
    const text = JSON.stringify(body);
    expect(text.length).toBeGreaterThan(LARGEST_BODY);
    expect(ofCommand({ id: 'c1', kind: 'unlearn', classes })?.told).toMatchObject({
      id: 'c1',
      body: { kind: 'unlearn', bytes: text.length, sha256: sha256(text) },
    });
    const fits = classes.slice(0, 1200);
    expect(ofCommand({ id: 'c1', kind: 'unlearn', classes: fits })?.told).toMatchObject({
      body: { classes: fits },
    });
  });

  it('of an event: its body', () => {
    const event: LetheEvent = { kind: 'command-ignored', commandId: 'c1', command: 'learn' };
    expect(entryOf(read(encodeEvent(event, 'm', topics)))?.told).toEqual({ of: 'event', body: event });
  });

  it('of steps on the way: nothing', () => {
    const steps: LetheEvent[] = [
      { kind: 'task-embedded', task: 't1', samples: 1, ms: 1 },
      { kind: 'task-started', task: 't1', classes: ['cat'], samples: 1 },
      { kind: 'task-epoch', task: 't1', epoch: 1, epochs: 1, loss: 0, ms: 1 },
      { kind: 'filter-calibrated', filter: 'relative', level: 0, specificity: 1, recall: 1, ms: 1 },
      { kind: 'known-calibrated', level: 0, share: 1, vectors: 1, ms: 1 },
    ];
    expect(steps.map((step) => entryOf(read(encodeEvent(step, 'm', topics))))).toEqual(steps.map(() => null));
  });

  it('of what can’t be read: its hash, and why', () => {
    const value = Buffer.from('no JSON');
    const told = { of: 'unreadable', sha256: sha256(value), reason: 'invalid-message' };
    for (const topic of [topics.commands, topics.events])
      expect(entryOf(recordAt(7, { topic, value }))).toMatchObject({ position: `${topic}/0/7`, told });
  });
});
