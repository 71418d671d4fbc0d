import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { randomOf } from '../../src/model/ssre/random.js';
import { GROUPS } from '../../src/streams/groups.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';
import { drawFaults, strike } from './faults.js';
import { form, seed } from './form.js';
import { type Journal, openJournal } from './journal.js';
import { type Model, openModel } from './model.js';
import { databases, type Step, script } from './script.js';
import { type Supervised, supervise } from './supervised.js';
import { namingUnlearned, wrongDeadLetters } from './verdict.js';
import { ask, carryOut, type Times } from './workload.js';
import { ALL_ANSWERED, answersCompared, placesOf, recordsOf } from './written.js';

/** A worker with its embedder takes about half of it at rest. */
const MEMORY_MIB = 1200;
const MID_MOVE_MS = 60;

let kafka: Own<KafkaService>;
let redis: Own<RedisService>;
const workers: Supervised[] = [];
const models: Model[] = [];
const steps = script(form.samplesPerClass).slice(0, form.commands);

beforeAll(async () => {
  console.log(`chaos: LETHE_CHAOS_SEED=${seed}`);
  [kafka, redis] = await Promise.all([ownKafka(), ownRedis()]);
});
afterAll(async () => {
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

/** Kills the learner in the course of the command. */
async function strikeIn(step: Step, journal: Journal, learner: Supervised, delayMs: number): Promise<void> {
  if (step.struck === 'in mid-epoch' && step.command.kind === 'learn')
    await journal.nextEpoch(step.command.task);
  else await sleep(delayMs);
  learner.signal('SIGKILL');
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
      const journal = openJournal(model);
      const times: Times = { queried: new Map(), changes: [] };
      const happened: string[] = [];
      const began = Date.now();
      const tell = (what: string): void => {
        happened.push(`${((Date.now() - began) / 1000).toFixed(1)} s: ${what}`);
      };
      const targets = { kafka, redis, learner, workers: answering, variables: model.variables };
      const luck = randomOf(seed, 1);
      const aimed: Promise<void>[] = [];
      let storming = true;

      const storm = async (): Promise<void> => {
        for (const fault of drawFaults(form.faults, luck)) {
          await sleep(luck.below(form.gapMs));
          tell(fault);
          await strike(fault, targets, luck);
        }
      };
      const commands = carryOut(model, journal, steps, {
        random: randomOf(seed, 2),
        samplesPerClass: form.samplesPerClass,
        gapMs: form.gapMs,
        times,
        sent: (step) => {
          tell(step.command.id);
          if (!step.struck) return;
          const struck = strikeIn(step, journal, learner, luck.below(MID_MOVE_MS));
          aimed.push(struck.then(() => tell(`kill -9 of the learner ${step.struck} of ${step.command.id}`)));
        },
      });
      const first = steps[0] as Step;
      // Before there is a model, queries are refused.
      const asking = journal
        .ended(first.command)
        .then(() => ask(model, form, { random: randomOf(seed, 3), times, goesOn: () => storming }));
      try {
        await Promise.all([commands, storm()]);
        await Promise.all(aimed);
        storming = false;
        await asking;
        tell('everything is sent');
        const { log, topics } = model;
        await expect
          .poll(() => log.lag(GROUPS.inference, [topics.queries]), { timeout: form.limitMs, interval: 500 })
          .toBe(0);
        await expect
          .poll(() => log.lag(GROUPS.learning, [topics.samples]), { timeout: 60_000, interval: 500 })
          .toBe(0);
        await expect
          .poll(() => log.lag(GROUPS.commands, [topics.commands]), { timeout: 60_000, interval: 500 })
          .toBe(0);
        tell('everything is dealt with');
        await Promise.all([learner, ...answering].map((worker) => worker.stop()));
        tell('all workers have ended');
      } catch (error) {
        console.log(happened.join('\n'));
        throw error;
      }

      const { topics } = model;
      const predictions = await recordsOf(model, topics.predictions);
      const asked = await placesOf(model, topics.queries);
      const letters = await placesOf(model, topics['dead-letters']);
      const samples = await placesOf(model, topics.samples);
      const told = await placesOf(model, topics.commands);
      const contents = await model.contents();
      tell('everything is read');
      const peaks = [learner, ...answering].map(({ role, peakMiB, starts }) => ({ role, peakMiB, starts }));
      const faults = form.faults + aimed.length;
      console.log(
        [
          ...happened,
          `${asked.length} queries, ${steps.length} commands, ${letters.length} dead letters, ${faults} faults`,
          ...peaks.map(
            ({ role, peakMiB, starts }) =>
              `${role}: started ${starts} times, at most ${peakMiB.toFixed(0)} MiB`,
          ),
        ].join('\n'),
      );

      const reasons = letters.map(({ headers }) => headers['lethe-reason']);
      console.log(
        Object.fromEntries(
          [...new Set(reasons)].map((reason) => [reason, reasons.filter((each) => each === reason).length]),
        ),
      );
      expect(answersCompared(asked, predictions)).toEqual(ALL_ANSWERED);
      expect(namingUnlearned(predictions, times)).toEqual([]);
      expect(wrongDeadLetters(letters, [...asked, ...samples, ...told])).toEqual({
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
    form.limitMs,
  );
});
