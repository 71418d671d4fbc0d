import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { encodeCommand } from '../../src/domain/cloudEvents.js';
import { groupsOf } from '../../src/domain/groups.js';
import { randomOf } from '../../src/model/ssre/random.js';
import { type Journal, openJournal } from '../support/journal.js';
import type { LetheProcess } from '../support/letheProcess.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';
import { type Supervised, supervise } from '../support/supervised.js';
import { type Model, openModel } from '../support/workersModel.js';
import { form, seed } from './form.js';
import { script } from './script.js';
import { ask, carryOut, type Times } from './workload.js';
import { ALL_ANSWERED, answersCompared, placesOf } from './written.js';

const QUERIES = { ...form, queries: 300, pace: 100 };
const [learning, unlearning, later] = script(form.samplesPerClass);

let kafka: Own<KafkaService>;
let redis: Own<RedisService>;
let model: Model;
let journal: Journal;
let workers: Supervised[];
let processes: LetheProcess[];
let asked: number;

beforeEach(async () => {
  workers = [];
  asked = 0;
  [kafka, redis] = await Promise.all([ownKafka(), ownRedis()]);
  model = await openModel({ brokers: kafka.brokers, redisUrl: redis.url }, `outage-${seed}`);
  workers.push(supervise('learn', model.variables));
  await workers[0]?.listening();
  workers.push(supervise('infer', model.variables));
  processes = await Promise.all(workers.map((worker) => worker.listening()));
  journal = openJournal(model);
  if (!learning) throw new Error('the script is empty');
  const random = randomOf(seed, 5);
  await carryOut(model, journal, [learning], { random, samplesPerClass: form.samplesPerClass, gapMs: 0 });
});
afterEach(async () => {
  journal?.close();
  for (const worker of workers) worker.kill();
  await model?.close();
  await Promise.all([kafka?.dispose(), redis?.dispose()]);
});

const readinessSchema = z.object({ ready: z.boolean(), waitingFor: z.array(z.string()) });

async function readiness(): Promise<{ readonly status: number; readonly waitingFor: string[] }[]> {
  const responses = processes.map(async ({ url }) => {
    const response = await fetch(`${url}/readyz`);
    return { status: response.status, waitingFor: readinessSchema.parse(await response.json()).waitingFor };
  });
  return Promise.all(responses);
}

/** Sends queries with ids of their own, as they would come while the workers work. */
async function query(): Promise<void> {
  const times: Times = { queried: new Map(), changes: [] };
  await ask(model, QUERIES, { random: randomOf(seed, asked), times, goesOn: () => false, before: asked });
  asked += QUERIES.queries;
}

describe.each([
  { name: 'redis', service: () => redis, command: unlearning },
  { name: 'kafka', service: () => kafka, command: later },
])('$name away', ({ name, service, command: step }) => {
  it(
    `for ${form.outageMs / 1000} s is waited for; then every query is answered once`,
    async () => {
      await query();
      await service().kill();
      const away = sleep(form.outageMs);
      // What is sent to a Kafka that is away waits in the sender.
      const sending = query();
      await expect
        .poll(readiness, { interval: 200 })
        .toEqual(processes.map(() => ({ status: 503, waitingFor: expect.arrayContaining([name]) })));
      await away;
      await service().restart();
      await expect
        .poll(readiness, { interval: 200 })
        .toEqual(processes.map(() => ({ status: 200, waitingFor: [] })));
      await sending;
      if (!step) throw new Error('the script is too short');
      await model.log.publish([encodeCommand(step.command, model.name, model.topics)]);
      await journal.ended(step.command);
      const { topics, log } = model;
      await expect
        .poll(() => log.lag(groupsOf(topics).inference, [topics.queries]), { interval: 200 })
        .toBe(0);
      const [queries, predictions] = await Promise.all([
        placesOf(model, topics.queries),
        placesOf(model, topics.predictions),
      ]);
      expect(answersCompared(queries, predictions)).toEqual(ALL_ANSWERED);
      expect(predictions.length).toBeGreaterThanOrEqual(asked);
      expect(workers.map(({ starts }) => starts)).toEqual([1, 1]);
    },
    form.outageMs + 180_000,
  );
});
