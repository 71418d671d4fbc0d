import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { topicsUnder } from '../../src/domain/topics.js';
import { lethe } from '../support/lethe.js';
import type { Variables } from '../support/letheProcess.js';
import { sharedServices } from '../support/services.js';

let admin: Admin;
let brokers: string;
let redisUrl: string;
beforeAll(async () => {
  ({ brokers, redisUrl } = await sharedServices());
  admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

async function created(): Promise<{ variables: Variables; topics: ReturnType<typeof topicsUnder> }> {
  const prefix = `ordered-${randomUUID()}.`;
  const variables = {
    LETHE_MODEL__NAME: prefix,
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-ordered-')),
    LETHE_TRANSPORT__KIND: 'kafka',
    LETHE_TRANSPORT__TOPIC_PREFIX: prefix,
    LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([brokers]),
    LETHE_STORES__KIND: 'redis',
    LETHE_STORES__REDIS__URL: redisUrl,
    LETHE_LOG__LEVEL: 'silent',
  };
  expect(await lethe(['topics', 'create'], variables)).toMatchObject({ code: 0 });
  return { variables, topics: topicsUnder(prefix) };
}

it.each(['commands', 'audit', 'events', 'models'] as const)(
  'a topic of %s with two partitions is refused by `topics check` and by a worker that starts',
  async (role) => {
    const { variables, topics } = await created();
    await admin.createPartitions({ topicPartitions: [{ topic: topics[role], count: 2 }] });
    const checked = await lethe(['topics', 'check'], variables);
    const started = role === 'commands' ? await lethe(['run', '--port', '0'], variables) : checked;
    for (const { code, stderr } of [checked, started]) {
      expect(code).toBe(78);
      expect(stderr).toContain(`the topic ${topics[role]} has 2 partitions`);
      expect(stderr).toContain('transport.topics');
      expect(stderr).toContain('lethe topics create');
    }
  },
);

it('commands and the audit chain are kept without limit, and `topics check` compares', async () => {
  const { variables, topics } = await created();
  const setting = async (name: string, configName: string) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name, configNames: [configName] }],
    });
    return resources[0]?.configEntries[0]?.configValue;
  };
  for (const topic of [topics.commands, topics.audit]) {
    expect(await setting(topic, 'retention.ms')).toBe('-1');
    expect(await setting(topic, 'retention.bytes')).toBe('-1');
  }
  expect(await lethe(['topics', 'check'], variables)).toMatchObject({ code: 0 });
  const configEntries = [{ name: 'retention.ms', value: '60000' }];
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topics.commands, configEntries };
  await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  await expect
    .poll(async () => (await lethe(['topics', 'check'], variables)).stderr)
    .toContain(`the topic ${topics.commands} has retention.ms=60000, but Lethe needs -1`);
  // It is the operator's to choose, and no reason not to start again.
  expect(await lethe(['topics', 'create'], variables)).toMatchObject({ code: 0 });
});
