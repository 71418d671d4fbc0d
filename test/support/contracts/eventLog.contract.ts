import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import {
  concatMap,
  firstValueFrom,
  mergeMap,
  type Observable,
  Subject,
  take,
  takeUntil,
  tap,
  toArray,
} from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventLog, Settled, Subscription } from '../../../src/adapters/eventLog.js';
import { type LogRecord, type OutgoingRecord, recordBytes } from '../../../src/domain/record.js';

/** An adapter under test. */
export interface EventLogHarness {
  readonly log: EventLog;
  /** Makes a topic of this many partitions that no other test uses; returns its name. */
  createTopic(partitions: number): Promise<string>;
  close(): Promise<void>;
}

/** What makes the contract bearable for an adapter with a network behind it. */
export interface ContractOptions {
  /** How often the property is tried. */
  readonly propertyRuns?: number;
  /** How long a test may take, in milliseconds. */
  readonly timeoutMs?: number;
}

/** What every adapter of the port EventLog promises. */
export function describeEventLog(
  name: string,
  create: () => Promise<EventLogHarness>,
  { propertyRuns = 25, timeoutMs = 60_000 }: ContractOptions = {},
): void {
  describe(`the event log ${name}`, { timeout: timeoutMs }, () => {
    let harness: EventLogHarness;
    let log: EventLog;
    beforeEach(async () => {
      harness = await create();
      log = harness.log;
    });
    afterEach(() => harness.close());

    const reading = (topic: string, changes: Partial<Subscription> = {}): Subscription => ({
      topics: [topic],
      group: `group-${randomUUID()}`,
      maxInFlight: 100,
      from: 'earliest',
      ...changes,
    });
    const first = (count: number, source: Observable<LogRecord>): Promise<LogRecord[]> =>
      firstValueFrom(source.pipe(take(count), toArray()));
    /** Reads and settles `count` records, one after the other. */
    const consume = (count: number, subscription: Subscription): Promise<LogRecord[]> =>
      first(
        count,
        log.read(subscription).pipe(
          concatMap(async (record) => {
            await log.settle(subscription.group, done(record));
            return record;
          }),
        ),
      );
    const texts = (records: readonly LogRecord[]): string[] =>
      records.map((record) => record.value.toString());

    it('gives back what was written: key, headers, value, position and time', async () => {
      const topic = await harness.createTopic(1);
      const value = Buffer.from([0, 255, 10, 128]);
      await log.publish([{ topic, key: 'k', value, headers: { ce_id: '1', label: 'Katze 猫' } }]);
      await log.publish([{ topic, key: null, value: Buffer.from('2'), headers: {} }]);
      const [one, two] = await first(2, log.read(reading(topic)));
      expect(one).toMatchObject({ topic, partition: 0, offset: 0n, key: 'k' });
      expect(one?.headers).toMatchObject({ ce_id: '1', label: 'Katze 猫' });
      expect(one?.value.equals(value)).toBe(true);
      expect(two).toMatchObject({ offset: 1n, key: null });
      expect(two?.timestamp).toBeGreaterThanOrEqual(one?.timestamp ?? Number.POSITIVE_INFINITY);
    });

    it('keeps the records of one key in one partition and in order', async () => {
      const topic = await harness.createTopic(4);
      const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
      const written = Array.from({ length: 60 }, (_, i) => text(topic, String(i), keys[i % keys.length]));
      await log.publish(written);
      const records = await consume(60, reading(topic));
      for (const key of keys) {
        const ofKey = records.filter((record) => record.key === key);
        expect(new Set(ofKey.map((record) => record.partition)).size).toBe(1);
        expect(texts(ofKey)).toEqual(written.filter((w) => w.key === key).map((w) => w.value.toString()));
      }
      expect(new Set(records.map((record) => record.partition)).size).toBeGreaterThan(1);
    });

    it('shows every record to each group', async () => {
      const topic = await harness.createTopic(2);
      const groups = [reading(topic), reading(topic)];
      const read = Promise.all(groups.map((group) => consume(10, group)));
      await log.publish(numbered(topic, 10));
      for (const records of await read) expect(texts(records).sort()).toEqual(texts10());
    });

    it('reads several topics in one subscription', async () => {
      const topics = [await harness.createTopic(1), await harness.createTopic(2)];
      await log.publish(topics.map((topic) => text(topic, topic)));
      const records = await first(2, log.read({ ...reading(''), topics }));
      expect(texts(records).sort()).toEqual([...topics].sort());
    });

    it('emits no more than maxInFlight records that are not settled, and goes on when one is', async () => {
      const topic = await harness.createTopic(2);
      const subscription = reading(topic, { maxInFlight: 3 });
      await log.publish(numbered(topic, 12));
      const seen: LogRecord[] = [];
      const enough = new Subject<void>();
      let held: LogRecord[] = [];
      const everything = firstValueFrom(
        log.read(subscription).pipe(
          tap((record) => {
            seen.push(record);
            held.push(record);
            expect(held.length).toBeLessThanOrEqual(3);
            if (held.length === 3 || seen.length === 12) {
              const settling = held;
              setImmediate(() => {
                held = held.filter((kept) => !settling.includes(kept));
                log.settle(subscription.group, done(...settling)).catch((error) => enough.error(error));
              });
            }
          }),
          takeUntil(enough),
          take(12),
          toArray(),
        ),
      );
      expect(texts(await everything).sort()).toEqual(
        numbered(topic, 12)
          .map((r) => r.value.toString())
          .sort(),
      );
    });

    it('goes on after the last settled record when the group reads again', async () => {
      const topic = await harness.createTopic(1);
      const subscription = reading(topic);
      await log.publish(numbered(topic, 6));
      expect(texts(await consume(4, subscription))).toEqual(['0', '1', '2', '3']);
      expect(texts(await consume(2, subscription))).toEqual(['4', '5']);
    });

    it('emits again what was not settled before the subscription ended', async () => {
      const topic = await harness.createTopic(1);
      const subscription = reading(topic);
      await log.publish(numbered(topic, 5));
      const held = await first(5, log.read(subscription));
      await log.settle(subscription.group, done(...held.slice(0, 2)));
      expect(texts(await consume(3, subscription))).toEqual(['2', '3', '4']);
    });

    it('moves the position past settled records without a gap only', async () => {
      const topic = await harness.createTopic(1);
      const subscription = reading(topic);
      await log.publish(numbered(topic, 4));
      const held = await first(4, log.read(subscription));
      await log.settle(subscription.group, done(...held.slice(1, 3)));
      const [next] = await first(1, log.read(subscription));
      expect(next?.offset).toBe(0n);
      await log.settle(subscription.group, done(...held.slice(0, 1)));
      expect(texts(await consume(1, subscription))).toEqual(['3']);
    });

    it('takes it calmly when a record is settled twice', async () => {
      const topic = await harness.createTopic(1);
      const subscription = reading(topic);
      await log.publish(numbered(topic, 2));
      const [record] = await first(1, log.read(subscription));
      await log.settle(subscription.group, done(record as LogRecord));
      await log.settle(subscription.group, done(record as LogRecord));
      expect(texts(await consume(1, subscription))).toEqual(['1']);
    });

    it('lets records that are under way be settled after the subscription ended', async () => {
      const topic = await harness.createTopic(1);
      const subscription = reading(topic);
      await log.publish(numbered(topic, 3));
      const held = await first(3, log.read(subscription));
      await log.settle(subscription.group, done(...held));
      expect(await log.lag(subscription.group, [topic])).toBe(0);
    });

    it('writes outputs with the settlement of their inputs', async () => {
      const [from, to] = [await harness.createTopic(1), await harness.createTopic(1)];
      const subscription = reading(from);
      await log.publish(numbered(from, 3));
      const inputs = await first(3, log.read(subscription));
      const [one, two, three] = inputs as [LogRecord, LogRecord, LogRecord];
      const lost = await log.settle(subscription.group, [
        { input: one, outputs: [text(to, 'x'), text(to, 'y')] },
        { input: two, outputs: [] },
        { input: three, outputs: [text(to, 'z')] },
      ]);
      expect(lost).toEqual([]);
      expect(texts(await first(3, log.read(reading(to))))).toEqual(['x', 'y', 'z']);
      expect(await log.lag(subscription.group, [from])).toBe(0);
    });

    it('writes outputs in the order of their inputs, and once', async () => {
      const [from, to] = [await harness.createTopic(1), await harness.createTopic(1)];
      const subscription = reading(from);
      await log.publish(numbered(from, 3));
      const held = await first(3, log.read(subscription));
      const answer = (input: LogRecord): Settled => ({ input, outputs: [text(to, `to ${input.value}`)] });
      await log.settle(subscription.group, held.slice(0, 1).map(answer));
      await log.settle(subscription.group, held.slice(0, 2).map(answer));
      await log.settle(subscription.group, held.slice(2).map(answer));
      await log.publish([text(to, 'end')]);
      expect(texts(await first(4, log.read(reading(to))))).toEqual(['to 0', 'to 1', 'to 2', 'end']);
    });

    it('knows the ends of topics', async () => {
      const topic = await harness.createTopic(1);
      expect(await log.ends([topic])).toEqual(new Map([[topic, [0n]]]));
      await log.publish(numbered(topic, 3));
      expect(await log.ends([topic])).toEqual(new Map([[topic, [3n]]]));
      expect(await log.writtenEnds([topic])).toEqual(new Map([[topic, [3n]]]));
    });

    it('starts an onlooker at given positions', async () => {
      const topic = await harness.createTopic(1);
      await log.publish(numbered(topic, 4));
      const onlooker = reading(topic, { from: new Map([[topic, [2n]]]), transient: true });
      expect(texts(await first(2, log.read(onlooker)))).toEqual(['2', '3']);
    });

    it('lets no more bytes be under way than maxInFlightBytes, headers and keys too, but one record always', async () => {
      const topic = await harness.createTopic(1);
      const written = ['aaaa', 'bbbb', 'cccc', 'd'.repeat(20), 'e'].map((value) => text(topic, value));
      written.splice(2, 0, { ...text(topic, 'of headers'), headers: { padding: 'x'.repeat(500) } });
      written.splice(4, 0, text(topic, 'of a key', '猫'.repeat(50)));
      const maxInFlightBytes = 100;
      const subscription = reading(topic, { maxInFlightBytes });
      await log.publish(written);
      const seen: string[] = [];
      let [bytes, most, underWay] = [0, 0, 0];
      await firstValueFrom(
        log.read(subscription).pipe(
          tap((record) => {
            seen.push(record.value.toString());
            bytes += recordBytes(record);
            if (++underWay > 1) most = Math.max(most, bytes);
          }),
          mergeMap(async (record) => {
            await new Promise((resolve) => setImmediate(resolve));
            bytes -= recordBytes(record);
            underWay--;
            await log.settle(subscription.group, done(record));
          }),
          take(written.length),
          toArray(),
        ),
      );
      expect(seen).toEqual(written.map(({ value }) => value.toString()));
      expect(most).toBeLessThanOrEqual(maxInFlightBytes);
    });

    it('gives back whatever headers, key and value there are, each in one record', async () => {
      const topic = await harness.createTopic(1);
      const headers: Record<string, string> = Object.fromEntries([
        ['__proto__', 'p'],
        ['constructor', 'c'],
        ['', 'without a name'],
        ['empty', ''],
        ...Array.from({ length: 10_000 }, (_, i) => [`h${i}`, 'v']),
      ]);
      await log.publish([{ topic, key: '', value: Buffer.alloc(0), headers }, text(topic, 'next')]);
      const [strange, next] = await first(2, log.read(reading(topic)));
      expect(Object.entries(strange?.headers ?? {}).sort()).toEqual(Object.entries(headers).sort());
      expect(strange).toMatchObject({ key: '', value: Buffer.alloc(0) });
      expect(next?.value.toString()).toBe('next');
    });

    it('counts what a group has not settled', async () => {
      const topic = await harness.createTopic(3);
      const subscription = reading(topic);
      expect(await log.lag(subscription.group, [topic])).toBe(0);
      await log.publish(numbered(topic, 9));
      expect(await log.lag(subscription.group, [topic])).toBe(9);
      await consume(4, subscription);
      expect(await log.lag(subscription.group, [topic])).toBe(5);
    });

    it('starts a new group at the end where that is asked for', async () => {
      const topic = await harness.createTopic(1);
      await log.publish(numbered(topic, 3));
      const later = new Promise<LogRecord>((resolve, reject) => {
        log.read(reading(topic, { from: 'latest' })).subscribe({ next: resolve, error: reject });
      });
      await log.publish([text(topic, 'new')]);
      expect((await later).value.toString()).toBe('new');
    });

    it('shares the partitions between the subscriptions of a group', async () => {
      const topic = await harness.createTopic(4);
      const subscription = reading(topic);
      const all = new Subject<void>();
      const seen = new Set<string>();
      /** Who had each partition, one after the other: it may go over when the second one joins. */
      const owners = new Map<number, string[]>();
      const readers = ['one', 'two'].map((name) =>
        firstValueFrom(
          log.read(subscription).pipe(
            concatMap(async (record) => {
              const lost = await log.settle(subscription.group, done(record));
              if (lost.length > 0) return;
              const of = owners.get(record.partition) ?? [];
              owners.set(record.partition, of.at(-1) === name ? of : [...of, name]);
              seen.add(record.value.toString());
              if (seen.size === 40) all.next();
            }),
            takeUntil(all),
            toArray(),
          ),
          { defaultValue: [] },
        ),
      );
      await log.publish(Array.from({ length: 40 }, (_, i) => text(topic, String(i), `key-${i}`)));
      await Promise.all(readers);
      expect(seen.size).toBe(40);
      expect(owners.size).toBeGreaterThan(1);
      for (const of of owners.values()) expect(of).toEqual([...new Set(of)]);
    });

    it('ends what is read when it is closed', async () => {
      const topic = await harness.createTopic(1);
      const ended = firstValueFrom(log.read(reading(topic)).pipe(toArray()));
      await log.close();
      expect(await ended).toEqual([]);
    });

    it('loses nothing and keeps order, whatever is settled in whichever order', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 }),
          fc.infiniteStream(fc.nat(29)),
          fc.integer({ min: 1, max: 5 }),
          async (keys, picks, maxInFlight) => {
            const topic = await harness.createTopic(2);
            const subscription = reading(topic, { maxInFlight });
            await log.publish(keys.map((key, i) => text(topic, String(i), key)));
            const seen: LogRecord[] = [];
            const held: LogRecord[] = [];
            let settled = 0;
            await new Promise<void>((resolve, reject) => {
              const settleOne = async (): Promise<void> => {
                const [record] = held.splice((picks.next().value ?? 0) % held.length, 1);
                if (record) await log.settle(subscription.group, done(record));
                if (++settled === keys.length) resolve();
              };
              const reader = log.read(subscription).subscribe((record) => {
                seen.push(record);
                held.push(record);
                expect(held.length).toBeLessThanOrEqual(maxInFlight);
                setImmediate(() => settleOne().catch(reject));
                if (seen.length === keys.length) setImmediate(() => reader.unsubscribe());
              });
            });
            expect(seen.map((record) => Number(record.value)).sort((x, y) => x - y)).toEqual(
              keys.map((_, i) => i),
            );
            for (const key of new Set(keys)) {
              const ofKey = seen.filter((record) => record.key === key).map((record) => Number(record.value));
              expect(ofKey).toEqual([...ofKey].sort((x, y) => x - y));
            }
            expect(await log.lag(subscription.group, [topic])).toBe(0);
          },
        ),
        { numRuns: propertyRuns },
      );
    });

    it('tells where a group goes on', async () => {
      const topic = await harness.createTopic(2);
      await log.publish([text(topic, '1', 'a'), text(topic, '2', 'a'), text(topic, '3', 'a')]);
      const subscription = reading(topic);
      const [record] = await consume(2, subscription);
      const positions = await log.positions(subscription.group, topic);
      expect(positions[record?.partition ?? -1]).toBe(2n);
      expect(positions).toHaveLength(2);
    });

    it('deletes records before given offsets, and no others', async () => {
      const topic = await harness.createTopic(1);
      await log.publish(numbered(topic, 5));
      await log.deleteBefore(topic, [3n]);
      expect(texts(await first(2, log.read(reading(topic))))).toEqual(['3', '4']);
      await log.deleteBefore(topic, [2n]);
      expect(texts(await first(2, log.read(reading(topic))))).toEqual(['3', '4']);
    });

    it('tells how long topics keep their records', async () => {
      const topic = await harness.createTopic(1);
      const { ms, removal } = (await log.retention([topic])).get(topic) ?? {};
      expect(ms).toBeGreaterThanOrEqual(0);
      // Null where what is deleted is gone at once.
      if (removal) for (const setting of Object.values(removal)) expect(setting).toBeGreaterThanOrEqual(0);
      else expect(removal).toBeNull();
    });
  });
}

/** Records that were dealt with, and nothing is to be written because of them. */
function done(...inputs: readonly LogRecord[]): Settled[] {
  return inputs.map((input) => ({ input, outputs: [] }));
}

function text(topic: string, value: string, key: string | null = null): OutgoingRecord {
  return { topic, key, value: Buffer.from(value), headers: {} };
}

function numbered(topic: string, count: number): OutgoingRecord[] {
  return Array.from({ length: count }, (_, i) => text(topic, String(i)));
}

function texts10(): string[] {
  return Array.from({ length: 10 }, (_, i) => String(i));
}
