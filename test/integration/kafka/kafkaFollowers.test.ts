import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Follower, Followers } from '../../../src/adapters/http/followers.js';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import { withAdmin } from '../../../src/adapters/kafka/startCheck.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { sharedServices } from '../../support/services.js';

const topic = `followed-${randomUUID()}`;
let log: KafkaLog;

beforeAll(async () => {
  const { brokers } = await sharedServices();
  await withAdmin(kafkaTestOptions(brokers), (admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }),
  );
  log = await createKafkaLog(kafkaTestOptions(brokers));
});
afterAll(() => log?.close());

/** What a follower gets, as it comes; `until` holds it up after the first. */
function taking(follower: Follower, until: Promise<void> = Promise.resolve()) {
  const keys: string[] = [];
  const over = follower.each(async ({ key }) => {
    keys.push(key ?? '');
    await until;
  });
  return { keys, over, follower };
}

const keysOf = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `k${from + index}`);
const sorted = (keys: readonly string[]): string[] =>
  [...keys].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
const write = (keys: readonly string[], bytes = 100) =>
  log.publish(keys.map((key) => ({ topic, key, value: Buffer.alloc(bytes), headers: {} })));

it('a follower that a burst leaves behind is served from the log, and comes back without a gap or a repetition', async () => {
  const followers = new Followers(log, { followers: 10, backlogs: 1 });
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  await write(keysOf(0, 100));
  const early = taking(await followers.follow(topic, 'earliest'));
  await expect.poll(() => early.keys.length).toBe(100);
  await expect.poll(() => followers.catchingUp).toBe(0);
  const slow = taking(await followers.follow(topic, 'latest'), opened);
  await write(keysOf(100, 3000));
  for (let i = 3000; i < 3060; i++) await write(keysOf(i, i + 1), 900_000);
  await expect.poll(() => early.keys.length).toBe(3060);
  expect(slow.keys).toHaveLength(1);
  open();
  await write(keysOf(3060, 4000));
  await expect.poll(() => slow.keys.length).toBe(3900);
  await expect.poll(() => followers.catchingUp).toBe(0);
  await write(keysOf(4000, 4100));
  await expect.poll(() => slow.keys.length).toBe(4000);
  expect(sorted(slow.keys)).toEqual(keysOf(100, 4100));
  await expect.poll(() => early.keys.length).toBe(4100);
  expect(sorted(early.keys)).toEqual(keysOf(0, 4100));

  slow.follower.leave();
  await slow.over;
  await write(keysOf(4100, 4200));
  const next = taking(await followers.follow(topic, slow.follower.positions));
  await expect.poll(() => sorted(next.keys)).toEqual(keysOf(4100, 4200));
  await expect.poll(() => followers.catchingUp).toBe(0);
  await log.close();
  await Promise.all([early.over, next.over]);
});
