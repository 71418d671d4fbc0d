import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KafkaService } from '../../scripts/services/kafka.js';
import { lethe } from '../support/lethe.js';
import {
  type LetheProcess,
  overServices,
  startLetheProcess,
  type Variables,
} from '../support/letheProcess.js';
import { type Own, ownKafka, sharedServices } from '../support/services.js';

let kafka: Own<KafkaService>;
let worker: LetheProcess | undefined;
let variables: Variables;

beforeAll(async () => {
  const { redisUrl } = await sharedServices();
  kafka = await ownKafka();
  variables = overServices({ brokers: kafka.brokers, redisUrl });
  worker = await startLetheProcess(['--role', 'all'], variables, () => undefined);
});
afterAll(async () => {
  worker?.child.kill('SIGKILL');
  await kafka?.dispose();
});

it('what is kept on a log that is away is no empty list: it is said, and the exit code is not 0', async () => {
  const run = (...args: string[]) => lethe([...args, '--url', worker?.url ?? ''], variables);
  expect(await run('unlearn', 'nothing')).toMatchObject({ code: 1 });
  await expect.poll(async () => (await run('audit', 'verify')).stdout).toMatch(/^2 records, complete/);

  const reading = [
    ['audit', 'verify'],
    ['audit', 'export'],
    ['audit', 'show', 'nothing'],
    ['dead-letters', 'list'],
    ['dead-letters', 'replay', '--reason', 'class-unlearned'],
  ];
  kafka.freeze();
  const frozen = await run('audit', 'verify');
  expect(frozen).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('error unreachable: '),
  });
  await kafka.kill();
  // Side by side: the gateway waits for the log some time before it gives up, for each of them.
  const answering = fetch(`${worker?.url}/v1/audit?from=earliest&until=end`);
  const ran = await Promise.all(reading.map(async (args) => ({ args, away: await run(...args) })));
  for (const { args, away } of ran) {
    expect([args, away]).toMatchObject([args, { code: 1, stdout: '' }]);
    expect(away.stderr).toMatch(/^error unreachable: the log can't be reached to read .*: .+/);
  }
  const answer = await answering;
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);

  await kafka.restart();
  await expect.poll(async () => (await run('audit', 'verify')).stdout).toMatch(/^2 records, complete/);
});
