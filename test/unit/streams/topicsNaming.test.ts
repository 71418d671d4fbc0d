import { expect, it } from 'vitest';
import { delegating } from '../../../src/adapters/delegating.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import type { Settings } from '../../../src/streams/context.js';
import { topicsHolding } from '../../../src/streams/purgeTopics.js';
import { topicsNaming } from '../../../src/streams/topicsNaming.js';
import { memoryLog } from '../../support/processing.js';

const topics = topicsUnder('test.');
const settings = { rebuild: { deleteSamples: false } } as Settings;
const ERASED = '2026-01-31T12:00:00.000Z';
const removal = { segmentMs: 604_800_000, segmentBytes: 2 ** 30, deleteDelayMs: 60_000 };

/** As Kafka has it: what is deleted is in its files for a while. */
function kafkaLike() {
  const log = memoryLog();
  return delegating(log, {
    retention: async (names) => new Map(names.map((name) => [name, { ms: 3_600_000, removal }])),
  });
}
const letter = (label: string, time: string) => ({
  topic: topics['dead-letters'],
  key: null,
  value: Buffer.from('x'),
  headers: { ce_label: label, 'lethe-topic': topics.samples, 'lethe-time': time },
});
const lookedAt = async (log: ReturnType<typeof kafkaLike>) => {
  const context = { log, topics, settings };
  const places = await topicsNaming('cat', await topicsHolding(context), ERASED, context);
  return places.map(({ place, state, detail }) => `${place} ${state}, ${detail}`);
};

it('records that name a class are counted, and dead letters from before its erasure are a failure', async () => {
  const log = kafkaLike();
  const sample = { key: null, value: Buffer.from('x'), headers: { ce_label: 'cat' } };
  await log.publish([{ ...sample, topic: topics.samples }, letter('dog', ERASED)]);
  expect(await lookedAt(log)).toEqual([
    'test.samples kept, 1 records name it; it may hold records for 60.0 minutes',
    'test.queries kept, 0 records name it; it may hold records for 60.0 minutes',
    'test.commands kept, 0 records name it; it may hold records for 60.0 minutes',
    expect.stringMatching(
      /^test.dead-letters waiting, no record names it; deleted, .*by the first record after 7.0 days, .*1024 MiB/,
    ),
  ]);
  await log.publish([letter('cat', '2026-01-31T12:00:01.000Z')]);
  expect((await lookedAt(log))[3]).toBe('test.dead-letters kept, 1 later records name it');
  await log.publish([letter('cat', '2026-01-31T11:59:59.000Z')]);
  expect((await lookedAt(log))[3]).toBe(
    'test.dead-letters failed, 1 records from before the erasure name it',
  );
});

it('a topic in which nothing ever was, or that keeps nothing of what is deleted, is clear', async () => {
  expect((await lookedAt(kafkaLike()))[3]).toMatch(/^test.dead-letters done, no record names it/);
  const log = memoryLog();
  await log.publish([letter('dog', ERASED)]);
  const found = await topicsHolding({ log, topics, settings });
  expect(found.map(({ records }) => records)).toEqual(['kept', 'kept', 'kept', 'deleted']);
});
