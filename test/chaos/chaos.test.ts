import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { randomOf } from '../../src/model/ssre/random.js';
import { openDiary } from '../support/diary.js';
import { openJournal } from '../support/journal.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';
import { type Supervised, supervise } from '../support/supervised.js';
import { type Model, openModel } from '../support/workersModel.js';
import { form, seed } from './form.js';
import { databases, script } from './script.js';
import { storm } from './storm.js';
import { namingUnlearned, wrongDeadLetters } from './verdict.js';
import { carryOut } from './workload.js';
import { ALL_ANSWERED, answersCompared, placesOf, recordsOf } from './written.js';

/** A worker with its embedder takes about half of it at rest. */
const MEMORY_MIB = 1200;

let kafka: Own<KafkaService>;
let redis: Own<RedisService>;
let workers: Supervised[];
let models: Model[];
const steps = script(form.samplesPerClass).slice(0, form.commands);

beforeEach(async () => {
  [workers, models] = [[], []];
  console.log(`chaos: LETHE_CHAOS_SEED=${seed}`);
  [kafka, redis] = await Promise.all([ownKafka(), ownRedis()]);
});
afterEach(async () => {
  for (const worker of workers) worker.kill();
  await Promise.all(models.map((model) => model.close()));
  await Promise.all([kafka?.dispose(), redis?.dispose()]);
});

async function open(name: string): Promise<Model> {
  const model = await openModel({ brokers: kafka.brokers, redisUrl: redis.url }, name);
  models.push(model);
  return model;
}

function start(role: 'learn' | 'infer', { variables }: Model): Supervised {
  const worker = supervise(role, variables);
  workers.push(worker);
  return worker;
}

/** What the databases hold when nothing disturbs. */
async function undisturbed(): Promise<Map<string, string>> {
  const model = await open(`calm-${seed}`);
  const learner = start('learn', model);
  await learner.listening();
  const journal = openJournal(model);
  const random = randomOf(seed, 0);
  await carryOut(model, journal, steps, { random, samplesPerClass: form.samplesPerClass, gapMs: 0 });
  journal.close();
  await learner.stop();
  return model.contents();
}

describe('under faults', () => {
  it(
    'answers every query once, names no unlearned class, and ends with what a run without faults ends with',
    async () => {
      const calm = await undisturbed();
      const model = await open(`storm-${seed}`);
      const learner = start('learn', model);
      await learner.listening();
      const answering = [start('infer', model), start('infer', model)];
      await Promise.all(answering.map((worker) => worker.listening()));
      const diary = openDiary();
      const targets = { kafka, redis, learner, workers: answering, variables: model.variables };
      const { times, faults } = await storm(model, steps, targets, diary);

      const { topics } = model;
      const predictions = await recordsOf(model, topics.predictions);
      const asked = await placesOf(model, topics.queries);
      const letters = await placesOf(model, topics['dead-letters']);
      const samples = await placesOf(model, topics.samples);
      const commands = await placesOf(model, topics.commands);
      const contents = await model.contents();
      diary.tell('everything is read');
      const peaks = [learner, ...answering].map(({ role, peakMiB, starts }) => ({ role, peakMiB, starts }));
      console.log(
        [
          diary,
          `${predictions.length} answers, ${steps.length} commands, ${letters.length} dead letters, ${faults} faults`,
          ...peaks.map(
            ({ role, peakMiB, starts }) =>
              `${role}: started ${starts} times, at most ${peakMiB.toFixed(0)} MiB`,
          ),
        ].join('\n'),
      );

      expect(answersCompared(asked, predictions)).toEqual(ALL_ANSWERED);
      expect(namingUnlearned(predictions, times)).toEqual([]);
      expect(wrongDeadLetters(letters, [...asked, ...samples, ...commands])).toEqual({
        missing: [],
        twice: [],
        undue: [],
      });
      expect(contents).toEqual(calm);
      for (const [name, database] of databases(steps))
        expect([...contents.values()].filter((each) => each === `${database}/${name}`)).toHaveLength(
          form.samplesPerClass,
        );
      expect(predictions.length).toBeGreaterThanOrEqual(form.queries);
      for (const { peakMiB } of peaks) expect(peakMiB).toBeLessThan(MEMORY_MIB);
    },
    2 * form.limitMs,
  );
});
