import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import kafkajs, { type Admin } from 'kafkajs';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { createKafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { encodeCommand } from '../../src/domain/cloudEvents.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { lethe } from '../support/lethe.js';
import { overServices, startLetheProcess } from '../support/letheProcess.js';
import { sharedServices } from '../support/services.js';

let services: Awaited<ReturnType<typeof sharedServices>>;
let admin: Admin;
beforeAll(async () => {
  services = await sharedServices();
  admin = new kafkajs.Kafka({ brokers: [services.brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
});
afterAll(() => admin.disconnect());

it('commands that were deleted before they were read are told of, and nothing is carried out until someone accepts it', async () => {
  const model = `lost-${randomUUID()}`;
  const variables = overServices(services, model);
  const topics = topicsUnder(`${model}.`);
  expect(await lethe(['topics', 'create'], variables)).toMatchObject({ code: 0 });
  const log = await createKafkaLog(kafkaTestOptions(services.brokers));
  onTestFinished(() => log.close());
  await log.publish(
    ['one', 'two', 'three'].map((id) =>
      encodeCommand({ id, kind: 'unlearn', classes: ['cat'] }, model, topics),
    ),
  );
  // kafkajs deletes in topics alone that it knows.
  await admin.fetchTopicOffsets(topics.commands);
  await admin.deleteTopicRecords({ topic: topics.commands, partitions: [{ partition: 0, offset: '2' }] });

  const children: ChildProcess[] = [];
  onTestFinished(() => children.forEach((child) => void child.kill('SIGKILL')));
  const learner = await startLetheProcess(['--role', 'learn'], variables, (child) => children.push(child));
  const get = async (path: string) => (await fetch(`${learner.url}${path}`)).text();
  const words = `offsets 0 to 1 of ${topics.commands}/0 were deleted before they were read`;
  await expect.poll(() => get('/readyz')).toContain('accept-loss');
  expect(await get('/readyz')).toContain(words);
  expect(await get('/metrics')).toMatch(
    new RegExp(`lethe_lost_records_total\\{.*topic="${topics.commands}".*\\} 2\n`),
  );
  expect(learner.lines).toContainEqual(expect.objectContaining({ level: 'error', msg: words }));
  const story = async () => (await lethe(['audit', 'export', '--url', learner.url], variables)).stdout;
  await expect.poll(story).toContain('commands-lost');
  expect(await story()).not.toContain('command-rejected');

  const accepted = await lethe(['topics', 'accept-loss'], variables);
  expect(accepted).toMatchObject({ code: 0, stdout: expect.stringContaining('skipped offsets 0 to 1') });
  await expect.poll(() => get('/readyz')).not.toContain('accept-loss');
  // The command that was left is carried out: refused, since no such class is known.
  await expect.poll(story).toContain('command-rejected');
  expect(await lethe(['audit', 'verify', '--url', learner.url], variables)).toMatchObject({ code: 0 });
  expect(await lethe(['topics', 'accept-loss'], variables)).not.toMatchObject({ code: 0 });
});
