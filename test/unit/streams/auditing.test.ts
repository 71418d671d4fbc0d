import { firstValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { ChainVerifier } from '../../../src/domain/auditChain.js';
import { storyOf } from '../../../src/domain/auditStory.js';
import { auditHashOf, encodeCommand } from '../../../src/domain/cloudEvents.js';
import type { AuditRecord } from '../../../src/domain/messages/audit.js';
import { groupsOf } from '../../../src/streams/groups.js';
import { keptNow } from '../../../src/streams/keptNow.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';

async function chainOf({ log, topics }: Processing): Promise<AuditRecord[]> {
  await expect.poll(() => log.lag(groupsOf(topics).audit, [topics.commands, topics.events])).toBe(0);
  const verifier = new ChainVerifier();
  const read = await firstValueFrom(keptNow(log, topics.audit).pipe(toArray()));
  const records = read.flatMap(
    (record) => verifier.next({ value: record.value, hash: auditHashOf(record) }) ?? [],
  );
  expect(verifier.fault).toBeNull();
  return records;
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
    const words = lines.map((line) => line.replace(/^\S+ {2}/, '').replace(/\(\d+\.\d ms\)/, '(… ms)'));
    expect(words).toEqual([
      expect.stringMatching(/asked: learn \(command learn-t1\)$/),
      'task t1 was announced: 40 samples of cat, dog',
      'model v1 answers; it was trained on cat, dog',
      'task t1 was learned: model v1',
      'alice asked: unlearn (command u1)',
      expect.stringMatching(/^cat was unlearned: 20 vectors moved to DB-MU, registry version \d+ \(… ms\)$/),
    ]);
    await processing.stop();
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
});
