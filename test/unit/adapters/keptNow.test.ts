import { EMPTY, firstValueFrom, NEVER, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { delegating } from '../../../src/adapters/delegating.js';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import { keptNow } from '../../../src/adapters/keptNow.js';
import { memoryLog } from '../../support/processing.js';

const TOPIC = 'kept';

async function logWith(records: number): Promise<EventLog> {
  const log = memoryLog();
  const value = Buffer.from('x');
  const outgoing = Array.from({ length: records }, (_, index) => ({
    topic: TOPIC,
    key: `k${index}`,
    value,
    headers: {},
  }));
  await log.publish(outgoing);
  return log;
}

const all = (log: EventLog) => firstValueFrom(keptNow(log, TOPIC).pipe(toArray()));

describe('what a topic keeps now', () => {
  it('is read to the end of each partition, and may be nothing', async () => {
    expect(await all(await logWith(20))).toHaveLength(20);
    expect(await all(await logWith(0))).toEqual([]);
  });

  it.each<[string, Partial<EventLog>]>([
    ['does not say where the topic ends', { writtenEnds: async () => new Map() }],
    ['says so of no partition', { writtenEnds: async () => new Map([[TOPIC, []]]) }],
    ['ends before', { read: () => EMPTY }],
  ])('is not taken for whole where the log %s', async (_, lacking) => {
    const log = delegating(await logWith(20), lacking);
    await expect(all(log)).rejects.toMatchObject({ code: 'unreachable', field: 'topic', value: TOPIC });
  });

  it.each<[string, readonly bigint[] | undefined]>([
    ['nothing comes', undefined],
    ['nobody knows how far it was read', []],
    ['nobody knows that of one partition', [99n]],
  ])('is waited for where %s: silence is no end', async (_, known) => {
    const log = await logWith(20);
    let asked = 0;
    const positions: EventLog['positions'] = async (...of) => {
      asked++;
      return known ?? log.positions(...of);
    };
    let ended = false;
    const silent = delegating(log, { read: () => NEVER, positions });
    const reading = keptNow(silent, TOPIC).subscribe({ complete: () => (ended = true) });
    await expect.poll(() => ended || asked > 3).toBe(true);
    reading.unsubscribe();
    expect(ended).toBe(false);
  });
});
