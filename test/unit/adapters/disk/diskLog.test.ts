import { describe, expect, it } from 'vitest';
import { DiskFile } from '../../../../src/adapters/disk/file.js';
import { createDiskLog } from '../../../../src/adapters/disk/log/diskLog.js';
import type { EventLog } from '../../../../src/adapters/eventLog.js';
import type { LogRecord, OutgoingRecord } from '../../../../src/domain/record.js';
import { describeEventLog } from '../../../support/contracts/eventLog.contract.js';
import { reopened, temporaryFolder } from '../../../support/disk.js';
import { settled } from '../../../support/settled.js';

describeEventLog('on disk', async () => {
  const partitions = new Map<string, number>();
  const disk = reopened(4, {
    partitions: (topic) => partitions.get(topic) ?? 1,
    capacity: { records: 1000, bytes: 1e6 },
  });
  return {
    log: disk.log,
    createTopic: async (count) => {
      const name = `topic-${partitions.size}`;
      partitions.set(name, count);
      return name;
    },
    close: async () => disk.close(),
  };
});

const options = {
  partitions: 2,
  capacity: { records: 100, bytes: 1e6 },
  isRing: (topic: string) => topic === 'ring',
};

function record(topic: string, value: string, key: string | null = null): OutgoingRecord {
  return { topic, key, value: Buffer.from(value), headers: { from: 'test' } };
}

/** Reads without settling; what it has seen so far is in `seen`. */
function watch(log: EventLog, group: string, topic: string, from: 'earliest' | 'latest' = 'earliest') {
  const seen: LogRecord[] = [];
  log.read({ topics: [topic], group, maxInFlight: 100, from }).subscribe((next) => seen.push(next));
  return { seen, values: () => seen.map((next) => next.value.toString()).sort() };
}

describe('a log on disk', () => {
  it('goes on where it was: with what was not settled, in its order, and with no more', async () => {
    const disk = reopened(4, options);
    const first = watch(disk.log, 'g', 'in');
    await disk.log.publish(['0', '1', '2', '3', '4'].map((value) => record('in', value, 'one key')));
    const [zero, one, , three] = first.seen;
    await disk.log.settle('g', settled([zero, one, three] as LogRecord[], [record('out', 'of the last')]));
    disk.reopen();
    expect(await disk.log.lag('g', ['in'])).toBe(2);
    const again = watch(disk.log, 'g', 'in');
    expect(again.seen.map(({ value, offset }) => [value.toString(), offset])).toEqual([
      ['2', 2n],
      ['4', 4n],
    ]);
    expect(again.seen[0]).toMatchObject({ headers: { from: 'test' }, key: 'one key', topic: 'in' });
    expect(watch(disk.log, 'late', 'out').values()).toEqual(['of the last']);
    disk.close();
  });

  it('does not write the outputs of a record again that was settled by the process before', async () => {
    const disk = reopened(4, options);
    const reader = watch(disk.log, 'g', 'in');
    await disk.log.publish([record('in', '0')]);
    const inputs = [...reader.seen];
    await disk.log.settle('g', settled(inputs, [record('out', 'a')]));
    disk.reopen();
    watch(disk.log, 'g', 'in');
    await disk.log.settle('g', settled(inputs, [record('out', 'a')]));
    expect(watch(disk.log, 'late', 'out').values()).toEqual(['a']);
    disk.close();
  });

  it('numbers records on behind those that are gone, and keeps the partitions that a topic had', async () => {
    const disk = reopened(4, options);
    const reader = watch(disk.log, 'g', 'in');
    await disk.log.publish(['0', '1', '2'].map((value) => record('in', value)));
    await disk.log.settle('g', settled(reader.seen));
    disk.reopen();
    await disk.log.publish([record('in', '3')]);
    expect((await disk.log.ends(['in'])).get('in')).toEqual([2n, 2n]);
    disk.close();
  });

  it('keeps a group that began at the end there', async () => {
    const disk = reopened(4, options);
    await disk.log.publish([record('in', 'before')]);
    watch(disk.log, 'g', 'in', 'latest');
    disk.reopen();
    await disk.log.publish([record('in', 'after')]);
    expect(watch(disk.log, 'g', 'in', 'latest').values()).toEqual(['after']);
    disk.close();
  });

  it('keeps what all have read of a topic that is a ring, up to its capacity', async () => {
    const disk = reopened(4, options);
    const reader = watch(disk.log, 'g', 'ring');
    for (let i = 0; i < 150; i++) {
      await disk.log.publish([record('ring', String(i))]);
      await disk.log.settle('g', settled(reader.seen.slice(-1)));
    }
    disk.reopen();
    expect(watch(disk.log, 'late', 'ring').seen).toHaveLength(100);
    expect((await disk.log.retention(['ring', 'in'])).get('ring')?.ms).toBeNull();
    disk.close();
  });

  it('is as it was where the disk takes nothing more: who publishes and who settles is told, and may try again', async () => {
    const file = new DiskFile(temporaryFolder());
    const log = createDiskLog(options, file);
    const reader = watch(log, 'g', 'in');
    await log.publish([record('in', '0', 'k'), record('in', '1', 'k')]);
    file.run('PRAGMA max_page_count=1');
    const large = record('out', 'x'.repeat(100_000));
    const full = { code: 'disk-full', retriable: true };
    await expect(log.publish([large])).rejects.toMatchObject(full);
    await expect(log.settle('g', settled(reader.seen, [large]))).rejects.toMatchObject(full);
    expect([await log.lag('g', ['in']), await log.lag('nobody', ['out'])]).toEqual([2, 0]);
    file.run('PRAGMA max_page_count=100000');
    await log.settle('g', settled(reader.seen, [large]));
    await log.publish([record('in', '2', 'k')]);
    expect([await log.lag('g', ['in']), await log.lag('nobody', ['out'])]).toEqual([1, 1]);
    expect(reader.values()).toEqual(['0', '1', '2']);
    await log.close();
    file.close();
  });
});
