import { Subject, tap } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { delegating } from '../../../../src/adapters/delegating.js';
import type { EventLog, Subscription } from '../../../../src/adapters/eventLog.js';
import { type Follower, Followers } from '../../../../src/adapters/http/followers.js';
import { createMemoryLog } from '../../../../src/adapters/memory/log/memoryLog.js';
import type { LogRecord } from '../../../../src/domain/record.js';

const TOPIC = 'predictions';
const logs: EventLog[] = [];
afterEach(async () => {
  for (const log of logs.splice(0)) await log.close();
});

/** A log that notes what is read of it. */
function underTest(limits = { followers: 1000, backlogs: 2 }) {
  const inner = createMemoryLog({ partitions: 2, capacity: { records: 100_000, bytes: 2 ** 28 } });
  const read: Subscription[] = [];
  const emitted = { bytes: 0 };
  const log = delegating(inner, {
    read: (subscription) => {
      read.push(subscription);
      return inner.read(subscription).pipe(
        tap(({ value }) => {
          emitted.bytes += value.length;
        }),
      );
    },
  });
  logs.push(inner);
  const write = (...texts: readonly string[]) =>
    log.publish(texts.map((text) => ({ topic: TOPIC, key: text, value: Buffer.from(text), headers: {} })));
  const rests = { count: 0 };
  const restful = { rest: async () => void rests.count++ };
  return { followers: new Followers(log, limits, restful), read, emitted, write, log, rests };
}

/** What a follower gets, as it comes; `gate` holds it up. */
function taking(follower: Follower, gate: () => Promise<void> = async () => undefined) {
  const texts: string[] = [];
  const over = follower.each(async (record) => {
    texts.push(record.value.length < 100 ? record.value.toString() : 'large');
    await gate();
  });
  // A test may close the log while this one catches up: whoever wants to know how it ended awaits it.
  over.catch(() => undefined);
  return { texts, over, follower };
}

/** A gate that is closed until it is opened. */
function closed() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, gate: () => opened };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);
const sorted = (texts: readonly string[]): string[] => [...texts].sort((a, b) => Number(a) - Number(b));

describe('followers', () => {
  it('rest after each record from the log, and after none of those that are new', async () => {
    const { followers, write, rests } = underTest();
    await write('a', 'b', 'c');
    const { texts } = taking(await followers.follow(TOPIC, 'earliest'));
    await expect.poll(() => rests.count).toBe(3);
    await expect.poll(() => followers.catchingUp).toBe(0);
    await write('d');
    await expect.poll(() => texts).toHaveLength(4);
    expect(rests.count).toBe(3);
  });

  it('of one topic share one reader, and each gets all that is written after it came', async () => {
    const { followers, read, write } = underTest();
    await write('before');
    const first = taking(await followers.follow(TOPIC, 'latest'));
    await write('a');
    const many = [];
    for (let i = 0; i < 200; i++) many.push(taking(await followers.follow(TOPIC, 'latest')));
    await write('b', 'c');
    await expect.poll(() => first.texts).toHaveLength(3);
    expect([...first.texts].sort()).toEqual(['a', 'b', 'c']);
    for (const { texts } of many) {
      await expect.poll(() => texts).toHaveLength(2);
      expect([...texts].sort()).toEqual(['b', 'c']);
    }
    expect(read).toHaveLength(1);
  });

  it('miss nothing that is written as soon as they are told', async () => {
    const { followers, write } = underTest();
    for (let i = 0; i < 50; i++) {
      const follower = await followers.follow(TOPIC, 'latest');
      const { texts } = taking(follower);
      await write(`${i}`);
      await expect.poll(() => texts).toEqual([`${i}`]);
      follower.leave();
    }
  });

  it('that read get a burst whole, from the reader that all share', async () => {
    const { followers, read, write } = underTest();
    const one = taking(await followers.follow(TOPIC, 'latest'));
    const slow = closed();
    const other = taking(await followers.follow(TOPIC, 'latest'), slow.gate);
    await write(...numbers(0, 12_000));
    await expect.poll(() => one.texts.length).toBe(12_000);
    expect(other.texts).toHaveLength(1);
    slow.open();
    await expect.poll(() => other.texts.length).toBe(12_000);
    for (const { texts } of [one, other]) expect(sorted(texts)).toEqual(numbers(0, 12_000));
    expect(read).toHaveLength(1);
  });

  it('hold the reader up together: what none of them has taken waits in the log', async () => {
    const { followers, emitted, write, log } = underTest();
    const slow = [closed(), closed()];
    const both = await Promise.all(
      slow.map(async ({ gate }) => taking(await followers.follow(TOPIC, 'latest'), gate)),
    );
    const value = Buffer.alloc(2 ** 20);
    for (let i = 0; i < 100; i++) await log.publish([{ topic: TOPIC, key: `${i}`, value, headers: {} }]);
    await write('last');
    expect(emitted.bytes).toBeLessThan(20 * 2 ** 20);
    for (const { open } of slow) open();
    for (const { texts } of both) await expect.poll(() => texts.length).toBe(101);
  });

  it('that fall behind are served from the log, hold up nobody, and are back without a gap or a repetition', async () => {
    const { followers, read, write, log } = underTest();
    const slow = closed();
    const stuck = taking(await followers.follow(TOPIC, 'latest'), slow.gate);
    const good = taking(await followers.follow(TOPIC, 'latest'));
    const filler = Buffer.alloc(2 ** 20);
    await write(...numbers(0, 1000));
    for (let i = 0; i < 100; i++)
      await log.publish([{ topic: TOPIC, key: `${i}`, value: filler, headers: {} }]);
    await write(...numbers(1000, 2000));
    await expect.poll(() => good.texts.length).toBe(2100);
    expect([stuck.texts.length, followers.catchingUp]).toEqual([1, 0]);
    slow.open();
    // More comes while it catches up.
    for (let i = 2000; i < 3000; i += 100) await write(...numbers(i, i + 100));
    await expect.poll(() => stuck.texts.length).toBe(3100);
    await expect.poll(() => followers.catchingUp).toBe(0);
    await write(...numbers(3000, 3100));
    await expect.poll(() => stuck.texts.length).toBe(3200);
    expect(sorted(stuck.texts.filter((text) => text !== 'large'))).toEqual(numbers(0, 3100));
    expect(read.map(({ from }) => typeof from)).toContain('object');
    expect(read.filter(({ group }) => group.startsWith('tail-'))).toHaveLength(1);
  });

  it('that fall behind wait for a place where none is free, unless they go', async () => {
    const { followers, write, log } = underTest({ followers: 10, backlogs: 1 });
    const slow = [closed(), closed(), closed()];
    const behind = await Promise.all(
      slow.map(async ({ gate }) => taking(await followers.follow(TOPIC, 'latest'), gate)),
    );
    const good = taking(await followers.follow(TOPIC, 'latest'));
    const last = closed();
    const early = taking(await followers.follow(TOPIC, 'earliest'), last.gate);
    await write('0');
    for (let i = 0; i < 50; i++)
      await log.publish([{ topic: TOPIC, key: null, value: Buffer.alloc(2 ** 20), headers: {} }]);
    await expect.poll(() => good.texts.length).toBe(51);
    for (const { open } of slow) open();
    await expect.poll(() => early.texts.length).toBe(1);
    behind[0]?.follower.leave();
    await behind[0]?.over;
    await expect(followers.follow(TOPIC, 'earliest')).rejects.toMatchObject({ field: 'http.backlogs' });
    last.open();
    for (const one of [behind[1], behind[2], early]) await expect.poll(() => one?.texts.length).toBe(51);
    expect(behind[0]?.texts).toHaveLength(1);
    await expect.poll(() => followers.catchingUp).toBe(0);
  });

  it('that begin with what is kept have a reader each, so many at a time, until they have caught up', async () => {
    const { followers, read, write } = underTest();
    await write('0', '1');
    const slow = [closed(), closed()];
    const [one, two] = await Promise.all(
      slow.map(async ({ gate }) => taking(await followers.follow(TOPIC, 'earliest'), gate)),
    );
    await expect(followers.follow(TOPIC, 'earliest')).rejects.toMatchObject({
      code: 'overloaded',
      field: 'http.backlogs',
    });
    one?.follower.leave();
    one?.follower.leave();
    expect([followers.following, followers.catchingUp]).toEqual([1, 1]);
    slow[1]?.open();
    await expect.poll(() => sorted(two?.texts ?? [])).toEqual(['0', '1']);
    await expect.poll(() => followers.catchingUp).toBe(0);
    for (let i = 0; i < 5; i++) {
      const next = taking(await followers.follow(TOPIC, 'earliest'));
      await expect.poll(() => next.texts.length).toBe(2);
      await expect.poll(() => followers.catchingUp).toBe(0);
    }
    const before = read.length;
    await write('2');
    await expect.poll(() => sorted(two?.texts ?? [])).toEqual(['0', '1', '2']);
    expect([followers.following, read.length]).toEqual([6, before]);
  });

  it('that begin while much is written miss nothing and get nothing twice', async () => {
    const { followers, write } = underTest();
    const writing = (async () => {
      for (let i = 0; i < 20_000; i += 50) {
        await write(...numbers(i, i + 50));
        if (i % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const early = taking(await followers.follow(TOPIC, 'earliest'));
    await writing;
    await expect.poll(() => early.texts.length).toBe(20_000);
    expect(sorted(early.texts)).toEqual(numbers(0, 20_000));
    await expect.poll(() => followers.catchingUp).toBe(0);
  });

  it('go on where others ended, by their positions', async () => {
    const { followers, write } = underTest();
    const first = taking(await followers.follow(TOPIC, 'earliest'));
    await write(...numbers(0, 10));
    await expect.poll(() => first.texts.length).toBe(10);
    first.follower.leave();
    await write(...numbers(10, 20));
    const next = taking(await followers.follow(TOPIC, first.follower.positions));
    await write(...numbers(20, 30));
    await expect.poll(() => sorted(next.texts)).toEqual(numbers(10, 30));
    await expect(followers.follow(TOPIC, [0n, 1000n])).rejects.toMatchObject({
      field: 'from',
      value: '0/0,1/1000',
    });
    await expect(followers.follow(TOPIC, [0n, 0n, 0n])).rejects.toMatchObject({ code: 'invalid-message' });
  });

  it('are so many at most', async () => {
    const { followers } = underTest({ followers: 2, backlogs: 1 });
    const first = await followers.follow(TOPIC, 'latest');
    await followers.follow(TOPIC, 'latest');
    await expect(followers.follow(TOPIC, 'latest')).rejects.toMatchObject({ field: 'http.followers' });
    first.leave();
    await taking(first).over;
    await followers.follow(TOPIC, 'latest');
    expect(followers.following).toBe(2);
  });

  it('pass over what comes again, and are told where the topic was made again', async () => {
    const records = new Subject<LogRecord>();
    let end = 5n;
    const { log } = underTest();
    const followers = new Followers(
      delegating(log, {
        read: () => records,
        ends: async () => new Map([[TOPIC, [end]]]),
        settle: async () => [],
      }),
      { followers: 10, backlogs: 1 },
    );
    const give = (...offsets: number[]): void => {
      for (const offset of offsets)
        records.next({
          topic: TOPIC,
          partition: 0,
          offset: BigInt(offset),
          key: null,
          value: Buffer.from(`${offset}`),
          headers: {},
          timestamp: 0,
        });
    };
    const { texts, over } = taking(await followers.follow(TOPIC, 'latest'));
    end = 8n;
    give(5, 6, 7, 5, 6);
    await expect.poll(() => texts).toEqual(['5', '6', '7']);
    end = 9n;
    give(7, 8);
    await expect.poll(() => texts).toEqual(['5', '6', '7', '8']);
    end = 1n;
    give(0);
    await expect(over).rejects.toMatchObject({ code: 'invalid-message', field: 'from', value: '0/9' });
  });

  it('end when the log closes; one that was not served whole by then is told', async () => {
    const { followers, log, write } = underTest();
    await write('0', '1', '2');
    const { over } = taking(await followers.follow(TOPIC, 'latest'));
    const { over: caughtUp, texts } = taking(await followers.follow(TOPIC, 'earliest'));
    await expect.poll(() => followers.catchingUp).toBe(0);
    const slow = closed();
    const early = taking(await followers.follow(TOPIC, 'earliest'), slow.gate);
    await expect.poll(() => early.texts.length).toBe(1);
    await log.close();
    await Promise.all([over, caughtUp]);
    expect(texts).toHaveLength(3);
    slow.open();
    await expect(early.over).rejects.toMatchObject({ retriable: true });
  });
});
