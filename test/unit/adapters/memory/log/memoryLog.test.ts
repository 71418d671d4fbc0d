import { concatMap, firstValueFrom, take, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EventLog } from '../../../../../src/adapters/eventLog.js';
import { createMemoryLog } from '../../../../../src/adapters/memory/log/memoryLog.js';
import type { LogRecord, OutgoingRecord } from '../../../../../src/domain/record.js';
import { describeEventLog } from '../../../../support/contracts/eventLog.contract.js';
import { settled } from '../../../../support/settled.js';

describeEventLog('in memory', async () => {
  const partitions = new Map<string, number>();
  const log = createMemoryLog({
    partitions: (topic) => partitions.get(topic) ?? 1,
    capacity: { records: 1000, bytes: 1e6 },
  });
  return {
    log,
    createTopic: async (count) => {
      const name = `topic-${partitions.size}`;
      partitions.set(name, count);
      return name;
    },
    close: () => log.close(),
  };
});

const small = { partitions: 1, capacity: { records: 4, bytes: 1000 } };

function write(log: EventLog, topic: string, ...values: string[]): Promise<void> {
  return log.publish(values.map((value) => record(topic, value)));
}

function record(topic: string, value: string): OutgoingRecord {
  return { topic, key: null, value: Buffer.from(value), headers: {} };
}

/** Reads without settling; what it has seen so far is in `seen`. */
function watch(log: EventLog, group: string, topic: string, maxInFlight = 100) {
  const seen: LogRecord[] = [];
  const reader = log.read({ topics: [topic], group, maxInFlight }).subscribe((next) => seen.push(next));
  return { seen, values: () => seen.map((next) => next.value.toString()), stop: () => reader.unsubscribe() };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve().then(() => pending)])) === pending;
}

describe('the bounds of the log in memory', () => {
  it('makes publishers wait while readers hold a topic full, and lets them go on in order', async () => {
    const log = createMemoryLog(small);
    const reader = watch(log, 'g', 't');
    const first = write(log, 't', '0', '1', '2', '3', '4', '5');
    const second = write(log, 't', '6');
    expect(await isPending(first)).toBe(true);
    expect(reader.values()).toEqual(['0', '1', '2', '3']);
    await log.settle('g', settled(reader.seen.slice(0, 2)));
    await first;
    expect(await isPending(second)).toBe(true);
    await log.settle('g', settled(reader.seen.slice(2, 3)));
    await second;
    expect(reader.values()).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  it('counts bytes as well as records', async () => {
    const log = createMemoryLog({ partitions: 1, capacity: { records: 100, bytes: 10 } });
    const reader = watch(log, 'g', 't');
    await write(log, 't', 'a record larger than the topic');
    const waiting = write(log, 't', 'x');
    expect(await isPending(waiting)).toBe(true);
    await log.settle('g', settled(reader.seen));
    await waiting;
  });

  it('never makes a settlement wait: its group is paused instead until there is room', async () => {
    const log = createMemoryLog(small);
    const slow = watch(log, 'slow', 'out');
    await write(log, 'out', 'a', 'b', 'c', 'd');
    const worker = watch(log, 'worker', 'in', 1);
    await write(log, 'in', '0', '1');
    await log.settle('worker', settled(worker.seen, [record('out', 'e')]));
    expect(slow.values()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(worker.values()).toEqual(['0']);
    await log.settle('slow', settled(slow.seen.slice(0, 2)));
    expect(worker.values()).toEqual(['0', '1']);
  });

  it('does not pause a group for a full topic that it reads itself', async () => {
    const log = createMemoryLog(small);
    const worker = watch(log, 'worker', 'loop', 1);
    await write(log, 'loop', '0', '1', '2', '3');
    for (let i = 0; i < 12; i++) {
      await log.settle('worker', settled(worker.seen.slice(-1), [record('loop', `again ${i}`)]));
    }
    expect(worker.seen).toHaveLength(13);
  });

  it('keeps the newest records of a topic that nobody reads', async () => {
    const log = createMemoryLog(small);
    await write(log, 't', '0', '1', '2', '3', '4', '5');
    expect(watch(log, 'late', 't').values()).toEqual(['2', '3', '4', '5']);
  });

  it('keeps that ring for onlookers, and forgets them when they go', async () => {
    const log = createMemoryLog(small);
    for (let i = 0; i < 10; i++) {
      await write(log, 't', String(i));
      const looked = await firstValueFrom(
        log.read({ topics: ['t'], group: 'tail', maxInFlight: 1, transient: true }).pipe(
          concatMap(async (next) => {
            await log.settle('tail', settled([next]));
            return next.value.toString();
          }),
          take(Math.min(i + 1, 4)),
          toArray(),
        ),
      );
      expect(looked.at(-1)).toBe(String(i));
    }
    expect(await log.lag('tail', ['t'])).toBe(4);
  });

  it('drops what every group has settled', async () => {
    const log = createMemoryLog(small);
    const [one, two] = [watch(log, 'one', 't'), watch(log, 'two', 't')];
    await write(log, 't', '0', '1', '2');
    await log.settle('one', settled(one.seen));
    await log.settle('two', settled(two.seen.slice(0, 2)));
    expect(watch(log, 'late', 't').values()).toEqual(['2']);
  });

  it('lets a group that stopped reading hold up no one', async () => {
    const log = createMemoryLog(small);
    const gone = watch(log, 'gone', 't');
    await write(log, 't', '0', '1');
    gone.stop();
    await write(log, 't', '2', '3', '4', '5', '6');
    expect(watch(log, 'gone', 't').values()).toEqual(['3', '4', '5', '6']);
    expect(await log.lag('gone', ['t'])).toBe(4);
  });

  it('lets a slow onlooker hold up no one', async () => {
    const log = createMemoryLog(small);
    const seen: LogRecord[] = [];
    const onlooker = { topics: ['t'], group: 'tail', maxInFlight: 1, transient: true };
    log.read(onlooker).subscribe((next) => seen.push(next));
    for (let i = 0; i < 6; i++) await write(log, 't', String(i));
    await log.settle('tail', settled(seen));
    expect(seen.map((next) => next.value.toString())).toEqual(['0', '2']);
  });

  it('gives a partition to its next reader when the records of the last one are settled', async () => {
    const log = createMemoryLog({ partitions: 2, capacity: { records: 100, bytes: 1e6 } });
    const first = watch(log, 'g', 't');
    await write(log, 't', '0', '1');
    const second = watch(log, 'g', 't');
    await write(log, 't', '2', '3');
    expect(first.values()).toEqual(['0', '1', '2']);
    expect(second.values()).toEqual([]);
    await log.settle('g', settled(first.seen));
    expect(second.values()).toEqual(['3']);
  });

  it('refuses to write once it is closed, also those who wait', async () => {
    const log = createMemoryLog(small);
    watch(log, 'g', 't');
    const waiting = write(log, 't', '0', '1', '2', '3', '4');
    await log.close();
    await expect(waiting).rejects.toMatchObject({ code: 'overloaded', retriable: true });
    await expect(write(log, 't', '5')).rejects.toMatchObject({ code: 'overloaded' });
  });

  it('keeps what it has where a change fails', async () => {
    const log = createMemoryLog(small);
    const reader = watch(log, 'g', 't');
    await write(log, 't', '0', '1');
    await log.settle('g', settled(reader.seen.slice(0, 1)));
    await expect(log.deleteBefore('t', [0n, 9n])).rejects.toThrow('t has no partition 1');
    await write(log, 't', '2');
    expect(reader.values()).toEqual(['0', '1', '2']);
    expect(await log.ends(['t'])).toEqual(new Map([['t', [3n]]]));
    expect(await log.positions('g', 't')).toEqual([1n]);
  });

  it('holds few records however many pass', async () => {
    const log = createMemoryLog({ partitions: 3, capacity: { records: 64, bytes: 1e6 } });
    let passed = 0;
    log.read({ topics: ['in'], group: 'g', maxInFlight: 16 }).subscribe((next) => {
      passed++;
      void log.settle('g', settled([next], [record('out', next.value.toString())]));
    });
    for (let i = 0; i < 2000; i++)
      await write(log, 'in', ...Array.from({ length: 10 }, (_, j) => String(i * 10 + j)));
    expect(passed).toBe(20_000);
    expect(await log.lag('nobody', ['in'])).toBe(0);
    expect(await log.lag('nobody', ['out'])).toBe(64);
  });
});
