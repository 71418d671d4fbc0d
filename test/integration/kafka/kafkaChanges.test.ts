import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import kafkajs, { type Admin } from 'kafkajs';
import { concatMap, type Subscription as Running } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaService } from '../../../scripts/services/kafka.js';
import type { Loss, Subscription } from '../../../src/adapters/eventLog.js';
import { createKafkaLog, type KafkaLog } from '../../../src/adapters/kafka/kafkaLog.js';
import type { KafkaLogOptions } from '../../../src/adapters/kafka/options.js';
import type { OutgoingRecord } from '../../../src/domain/record.js';
import { kafkaTestOptions } from '../../support/kafkaOptions.js';
import { type Own, ownKafka } from '../../support/services.js';

const PATIENT = { interval: 100 };
const USER = 'lethe';
const FORBIDDEN = fileURLToPath(new URL('./forbiddenReader.ts', import.meta.url));
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

let broker: Own<KafkaService>;
let admin: Admin;
const logs: KafkaLog[] = [];
const running: Running[] = [];

beforeAll(async () => {
  broker = await ownKafka({
    sasl: { [USER]: 'lethe-secret' },
    settings: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
      'allow.everyone.if.no.acl.found': true,
    },
  });
  admin = new kafkajs.Kafka({ brokers: [broker.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterEach(async () => {
  for (const each of running.splice(0)) each.unsubscribe();
  await Promise.all(logs.splice(0).map((log) => log.close()));
});
afterAll(async () => {
  await admin?.disconnect();
  await broker?.dispose();
});

/** A log, and what it told of the cluster: why it waits, or `well`. */
async function open(
  changes: Partial<KafkaLogOptions> = {},
): Promise<{ log: KafkaLog; told: string[]; losses: Loss[] }> {
  const told: string[] = [];
  const losses: Loss[] = [];
  const log = await createKafkaLog(
    kafkaTestOptions(broker.saslBrokers ?? '', {
      sasl: { mechanism: 'plain', username: USER, password: 'lethe-secret' },
      onConnection: (connected, why) => told.push(connected ? 'well' : (why ?? '')),
      onLoss: (loss) => losses.push(loss),
      ...changes,
    }),
  );
  logs.push(log);
  return { log, told, losses };
}

async function createTopic(topic = `t-${randomUUID()}`): Promise<string> {
  // One that is being deleted still stands in the way, and kafkajs asks for leaders before every broker has heard of them.
  const isThere = async () => {
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }).catch(() => undefined);
    return (await admin.fetchTopicOffsets(topic).catch(() => [])).length;
  };
  await expect.poll(isThere, PATIENT).toBe(1);
  return topic;
}

async function deleteTopic(topic: string): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await expect.poll(() => admin.listTopics(), PATIENT).not.toContain(topic);
}

const record = (topic: string, value: string): OutgoingRecord => ({
  topic,
  key: null,
  value: Buffer.from(value),
  headers: {},
});
const numbered = (topic: string, count: number, prefix: string) =>
  Array.from({ length: count }, (_, index) => record(topic, `${prefix}${index}`));

/** Reads and settles; each record is answered with its own value on `to`. */
function follow(log: KafkaLog, topic: string, to: string, changes: Partial<Subscription> = {}) {
  const { group = `group-${randomUUID()}` } = changes;
  const seen: string[] = [];
  const errors: unknown[] = [];
  const reading = log.read({ topics: [topic], maxInFlight: 64, ...changes, group }).pipe(
    concatMap(async (input) => {
      const value = input.value.toString();
      await log.settle(group, [{ input, outputs: [record(to, value)] }]);
      seen.push(value);
    }),
  );
  running.push(reading.subscribe({ error: (error: unknown) => errors.push(error) }));
  return { group, seen, errors };
}

for (const delivery of ['exactly-once', 'at-least-once'] as const) {
  describe(`a topic that is deleted and made again under a reader, ${delivery}`, () => {
    it('is not read again by who comes back to it after another one has read it', async () => {
      const [{ log: mine }, { log: others }] = [await open({ delivery }), await open({ delivery })];
      const [topic, to] = [await createTopic(), await createTopic()];
      const before = follow(mine, topic, to);
      await mine.publish(numbered(topic, 3, 'old-'));
      await expect.poll(() => before.seen.length, PATIENT).toBe(3);
      for (const each of running.splice(0)) each.unsubscribe();
      await deleteTopic(topic);
      await createTopic(topic);
      await others.publish(numbered(topic, 5, 'new-'));
      const meanwhile = follow(others, topic, to, { group: before.group });
      await expect.poll(() => meanwhile.seen.length, PATIENT).toBe(5);
      for (const each of running.splice(0)) each.unsubscribe();
      const after = follow(mine, topic, to, { group: before.group });
      await others.publish([record(topic, 'last')]);
      await expect.poll(() => after.seen, PATIENT).toContain('last');
      expect(after.seen).toEqual(['last']);
    });

    it.each([
      ['smaller than it was', 8],
      ['as large as it was', 20],
      ['larger than it was', 50],
    ])('and is %s, is read from its beginning', async (_, count) => {
      const { log, told } = await open({ delivery });
      const [topic, to] = [await createTopic(), await createTopic()];
      const reader = follow(log, topic, to);
      await log.publish(numbered(topic, 20, 'old-'));
      await expect.poll(() => reader.seen.length, PATIENT).toBe(20);
      await deleteTopic(topic);
      await createTopic(topic);
      // Written by others, who know nothing of the topic that was.
      const { log: other } = await open();
      await other.publish(numbered(topic, count, 'new-'));
      await expect.poll(() => new Set(reader.seen.slice(20)).size, PATIENT).toBe(count);
      await expect.poll(() => log.lag(reader.group, [topic]), PATIENT).toBe(0);
      await expect.poll(() => log.connected, PATIENT).toBe(true);
      expect(reader.errors).toEqual([]);
      expect(told.at(-1) ?? 'well').toBe('well');
    });

    it('and was missing for long, is waited for, with the reason', async () => {
      const [topic, to] = [await createTopic(), await createTopic()];
      const { log, told } = await open({ delivery, topicsExist: [topic, to] });
      const reader = follow(log, topic, to);
      await log.publish(numbered(topic, 3, 'old-'));
      await expect.poll(() => reader.seen.length, PATIENT).toBe(3);
      await deleteTopic(topic);
      await expect.poll(() => told.join(), PATIENT).toContain(`${topic}`);
      await expect.poll(() => log.connected, PATIENT).toBe(false);
      const published = log.publish(numbered(topic, 5, 'new-'));
      await createTopic(topic);
      await published;
      await expect
        .poll(() => reader.seen.slice(3), PATIENT)
        .toEqual(numbered(topic, 5, 'new-').map(({ value }) => value.toString()));
      await expect.poll(() => log.connected, PATIENT).toBe(true);
      expect(reader.errors).toEqual([]);
    });
  });

  describe(`records that are deleted before they are read, ${delivery}`, () => {
    it('are told of, once, and reading goes on behind them', async () => {
      const { log, losses } = await open({ delivery });
      const [topic, to] = [await createTopic(), await createTopic()];
      await log.publish(numbered(topic, 10, ''));
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
      const reader = follow(log, topic, to);
      await expect.poll(() => reader.seen, PATIENT).toEqual(['4', '5', '6', '7', '8', '9']);
      expect(losses).toEqual([{ group: reader.group, topic, partition: 0, from: 0n, to: 4n }]);
      expect(await log.losses(reader.group, topic)).toEqual([]);
    });

    it('are no loss where they were read', async () => {
      const { log, losses } = await open({ delivery });
      const [topic, to] = [await createTopic(), await createTopic()];
      const reader = follow(log, topic, to);
      await log.publish(numbered(topic, 10, ''));
      await expect.poll(() => log.lag(reader.group, [topic]), PATIENT).toBe(0);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '10' }] });
      await log.publish(numbered(topic, 2, 'new-'));
      await expect.poll(() => reader.seen.slice(10), PATIENT).toEqual(['new-0', 'new-1']);
      expect(await log.losses(reader.group, topic)).toEqual([]);
      expect(losses).toEqual([]);
    });

    it('end the reading of those who must miss nothing', async () => {
      const { log, losses } = await open({ delivery });
      const [topic, to] = [await createTopic(), await createTopic()];
      await log.publish(numbered(topic, 10, ''));
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] });
      const reader = follow(log, topic, to, { whole: true });
      await expect
        .poll(() => reader.errors, PATIENT)
        .toMatchObject([{ code: 'records-lost', retriable: true }]);
      expect([reader.seen, losses]).toEqual([[], []]);
      expect(await log.losses(reader.group, topic)).toMatchObject([{ from: 0n, to: 4n }]);
    });
  });

  it.each([
    ['of what is read', 0],
    ['of what is written', 1],
  ])(`rights that are taken away, %s, are waited for, with the reason, ${delivery}`, async (_, which) => {
    const { log, told } = await open({ delivery });
    const topics = [await createTopic(), await createTopic()] as const;
    const reader = follow(log, ...topics);
    const { log: other } = await open();
    await other.publish(numbered(topics[0], 1, 'before-'));
    await expect.poll(() => reader.seen, PATIENT).toEqual(['before-0']);
    const acl = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topics[which] ?? '',
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${USER}`,
      host: '*',
      operation: which === 0 ? AclOperationTypes.READ : AclOperationTypes.WRITE,
      permissionType: AclPermissionTypes.DENY,
    };
    await admin.createAcls({ acl: [acl] });
    const published = other.publish(numbered(topics[0], 1, 'meanwhile-'));
    await expect.poll(() => told.join(), PATIENT).toMatch(/authori/i);
    await expect.poll(() => log.connected, PATIENT).toBe(false);
    await admin.deleteAcls({ filters: [acl] });
    await published;
    await expect.poll(() => reader.seen, PATIENT).toEqual(['before-0', 'meanwhile-0']);
    await expect.poll(() => log.connected, PATIENT).toBe(true);
    expect(reader.errors).toEqual([]);
  });
}

describe.each([
  ['to know of it, only looking on', AclOperationTypes.ALL, true],
  ['to know of it', AclOperationTypes.ALL, false],
  ['to read by it', AclOperationTypes.READ, false],
])('a reading without rights to its group: %s', (_, operation, transient) => {
  it.each([
    ['fails, and leaves nothing open once its log is closed', undefined],
    ['leaves nothing open where its log is closed while it tries', 30],
    ['leaves nothing open where its log is closed a little later', 150],
  ])('%s', async (__, closesAfterMs) => {
    const group = `forbidden-${randomUUID()}`;
    const acl = {
      resourceType: AclResourceTypes.GROUP,
      resourceName: group,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: `User:${USER}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.DENY,
    };
    await admin.createAcls({ acl: [acl] });
    const topic = await createTopic();
    const how = [String(transient), String(closesAfterMs ?? '')];
    const args = ['--import', 'tsx', FORBIDDEN, broker.saslBrokers ?? '', USER, topic, group, ...how];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(child, 'close');
    const killing = setTimeout(() => child.kill('SIGKILL'), 45_000);
    const told = await text(child.stdout);
    const code = closesAfterMs === undefined ? 'config-invalid' : 'none';
    expect([await closed, told]).toEqual([[0, null], `${code}\n`]);
    clearTimeout(killing);
    await admin.deleteAcls({ filters: [acl] });
  });
});
