import { firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { ChainReader } from '../../../src/auditing/auditChainReader.js';
import { auditEntryOf } from '../../../src/auditing/auditEntry.js';
import { encodeAuditRecord, readAuditRecord } from '../../../src/auditing/auditRecords.js';
import { storyOf } from '../../../src/auditing/auditStory.js';
import { chained } from '../../../src/domain/auditChain.js';
import { encodeCommand } from '../../../src/domain/cloudEvents.js';
import { groupsOf } from '../../../src/domain/groups.js';
import type { AuditRecord } from '../../../src/domain/messages/audit.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

async function chainOf({ log, topics }: Processing): Promise<AuditRecord[]> {
  await expect.poll(() => log.lag(groupsOf(topics).audit, [topics.commands, topics.events])).toBe(0);
  const chain = new ChainReader((record) => record);
  const read = await firstValueFrom(keptNow(log, topics.audit).pipe(toArray()));
  for (const record of read) chain.next(readAuditRecord(record));
  expect(chain.fault).toBeNull();
  return chain.records;
}

describe('the audit chain', () => {
  it('tells who asked for what, and what came of it', async () => {
    const processing = startProcessing();
    await learn(processing, 't1', { cat: 0, dog: 4 });
    const { log, topics } = processing;
    await log.publish([
      encodeCommand({ id: 'u1', kind: 'unlearn', classes: ['cat'] }, 'test', topics, 'alice'),
    ]);
    await processing.event('unlearned');
    await processing.command({ id: 'u2', kind: 'unlearn', classes: ['bird'] });
    await processing.event('command-rejected');
    const records = await chainOf(processing);
    expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, index) => index));
    const { lines } = storyOf('cat', records);
    const words = lines.map((line) => line.replace(/^\S+ {2}/, '').replace(/\d+\.\d+ m?s\b/, '… s'));
    expect(words).toEqual([
      expect.stringMatching(/requested: learn \(command learn-t1\)$/),
      'task t1 announced; 40 samples of cat, dog (command learn-t1)',
      'model v1 is current; trained on cat, dog',
      'task t1 learned; model v1, … s',
      'alice requested: unlearn (command u1)',
      expect.stringMatching(/^unlearned cat \(20 vectors\) in … s \(command u1, registry version \d+\)$/),
    ]);
    await processing.stop();
  });

  it('tells of a command that is larger than its records may be by its hash', () => {
    const topics = topicsUnder('test.');
    const samples = Array.from({ length: 50_000 }, (_, index) => `s${index}`);
    const command = encodeCommand({ id: 'u1', kind: 'unlearn', samples }, 'test', topics);
    const entry = auditEntryOf(
      { ...command, partition: 0, offset: 0n, timestamp: 0 },
      topics,
      'test',
      new Date(),
    );
    expect(entry?.told).toMatchObject({
      of: 'command',
      id: 'u1',
      body: { kind: 'unlearn', bytes: 50_000 * 67 + 30, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(JSON.stringify(entry).length).toBeLessThan(1000);
  });

  it('holds no example, only its hash', async () => {
    const processing = startProcessing();
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'u1', kind: 'unlearn', examples: [{ vector: [...around(0, 3)] }] });
    await processing.event('unlearned');
    const told = (await chainOf(processing)).map((record) => record.told);
    const command = told.find((each) => each.of === 'command' && each.id === 'u1');
    expect(command).toMatchObject({ body: { examples: [expect.stringMatching(/^[0-9a-f]{64}$/)] } });
    expect(JSON.stringify(told)).not.toContain('"vector"');
    expect(storyOf('cat', await chainOf(processing)).lines.join('\n')).toContain('command u1');
    await processing.stop();
  });

  it('goes on after a restart', async () => {
    const log = memoryLog();
    const first = startProcessing({ log });
    await learn(first, 't1', { cat: 0 });
    const before = await chainOf(first);
    await first.stop();
    const second = startProcessing({ log, store: first.store, training: first.training });
    await second.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await second.event('unlearned');
    expect((await chainOf(second)).length).toBe(before.length + 2);
    await second.stop();
  });

  it('goes on from its last record after a restart, whatever others wrote behind it', async () => {
    const log = memoryLog();
    const first = startProcessing({ log });
    await learn(first, 't1', { cat: 0 });
    const before = await chainOf(first);
    await first.stop();
    const { topics } = first;
    const forge = (length: number) =>
      encodeAuditRecord(
        chained(
          { time: '', model: 'x', position: '', told: { of: 'event', body: {} } },
          { length, hash: 'f'.repeat(64) },
        ).value,
        length,
        'test',
        topics,
      );
    const raw = (value: string) => ({
      topic: topics.audit,
      key: 'test',
      value: Buffer.from(value),
      headers: {},
    });
    await log.publish([
      raw('hello'),
      raw('{}'),
      raw(''),
      forge(7000),
      forge(0),
      ...Array.from({ length: 300 }, () => raw('x')),
    ]);
    const second = startProcessing({ log, store: first.store, training: first.training });
    await second.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await second.event('unlearned');
    expect((await chainOf(second)).length).toBe(before.length + 2);
    await second.stop();
  });

  it('has the time of its own clock; what the producer says is text beside it', () => {
    const topics = topicsUnder('test.');
    const now = new Date('2026-01-31T12:00:00.000Z');
    const command = encodeCommand({ id: 'u1', kind: 'unlearn', classes: ['cat'] }, 'test', topics);
    const told = (timestamp: number) =>
      auditEntryOf({ ...command, partition: 0, offset: 0n, timestamp }, topics, 'test', now);
    for (const timestamp of [
      -1,
      Number.NaN,
      1.7e18,
      8.64e15,
      -62_198_755_200_001,
      1.7e9,
      now.getTime() + 1e6,
    ])
      expect(told(timestamp)).toMatchObject({ time: now.toISOString(), written: String(timestamp) });
    const written = '2026-01-31T11:59:59.000Z';
    expect(told(Date.parse(written))).toMatchObject({ time: now.toISOString(), written });
  });
});
