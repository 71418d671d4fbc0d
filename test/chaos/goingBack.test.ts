import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { encodeCommand } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import { randomOf } from '../../src/model/ssre/random.js';
import { openDiary } from '../support/diary.js';
import { type Journal, openJournal } from '../support/journal.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';
import { type Supervised, supervise } from '../support/supervised.js';
import { type Model, openModel } from '../support/workersModel.js';
import { drawCommand, type Lies } from './forgetting.js';
import { form, seed } from './form.js';
import { WAYS_BACK } from './goingBack.js';
import { dealtWith, inTime, lastWords } from './storm.js';
import { namingUnlearned } from './verdict.js';
import { ask, carryOut, type Times } from './workload.js';
import { ALL_ANSWERED, answersCompared, placesOf, recordsOf } from './written.js';

const CLASSES = 'abcdefgh';
/** By the seed, so that runs try both. */
const LEARNER = seed % 2 === 0 ? 'ssre' : 'analytic';
const LATEST_RETURN_MS = 1500;
/** Late enough to meet a learner that brings Redis forward. */
const LATEST_STRIKE_MS = 3000;

let kafka: Own<KafkaService>;
let redis: Own<RedisService>;
let model: Model;
let journal: Journal;
let learners: Supervised[];
let answering: Supervised[];
let lies: Lies;
let times: Times;

/** A worker with a folder of its own. */
function start(role: 'learn' | 'infer'): Supervised {
  const LETHE_MODEL__CHECKPOINTS = mkdtempSync(join(tmpdir(), 'lethe-checkpoints-'));
  const worker = supervise(role, { ...model.variables, LETHE_MODEL__CHECKPOINTS });
  (role === 'learn' ? learners : answering).push(worker);
  return worker;
}

beforeEach(async () => {
  [learners, answering] = [[], []];
  lies = new Map([...CLASSES].map((name) => [name, 'cil']));
  times = { queried: new Map(), changes: [] };
  console.log(`going back: LETHE_CHAOS_SEED=${seed}, ${LEARNER}`);
  [kafka, redis] = await Promise.all([ownKafka(), ownRedis()]);
  model = await openModel({ brokers: kafka.brokers, redisUrl: redis.url }, `back-${seed}`, {
    variables: { LETHE_LEARNING__LEARNER: LEARNER, LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '5' },
  });
  await start('learn').listening();
  await Promise.all([start('learn'), start('infer'), start('infer')].map((worker) => worker.listening()));
  journal = openJournal(model);
  const samples = CLASSES.length * form.samplesPerClass;
  const command: Command = { id: 'learn', kind: 'learn', task: 't1', classes: [...CLASSES], samples };
  await carryOut(model, journal, [{ command, classes: command.classes, struck: undefined }], {
    random: randomOf(seed, 0),
    samplesPerClass: form.samplesPerClass,
    gapMs: 0,
  });
});
afterEach(async () => {
  for (const worker of [...learners, ...answering]) worker.kill();
  journal?.close();
  await model?.close();
  await Promise.all([kafka?.dispose(), redis?.dispose()]);
});

const readinessSchema = z.object({ standby: z.boolean().optional() });

/** The one that does not stand by; the first one where neither can be asked. */
async function leader(): Promise<Supervised> {
  for (const each of learners) {
    const { url } = await each.listening();
    const answer = await fetch(`${url}/readyz`).then(
      async (response) => readinessSchema.parse(await response.json()),
      () => undefined,
    );
    if (answer && !answer.standby) return each;
  }
  return learners[0] as Supervised;
}

/** Sends the command, and resolves when it is told what it did to answers. */
async function carriedOut(command: Command): Promise<void> {
  const names = 'classes' in command ? (command.classes ?? []) : [];
  const note = (kind: 'unlearned' | 'relearning'): void => {
    for (const name of names) times.changes.push({ name, kind, at: Date.now() });
  };
  if (command.kind === 'relearn') note('relearning');
  await model.log.publish([encodeCommand(command, model.name, model.topics)]);
  if (command.kind === 'erase')
    await journal.first('erase-accepted', ({ commandId }) => commandId === command.id);
  else await journal.ended(command);
  if (command.kind !== 'relearn') note('unlearned');
}

/** How many vectors of each class lie where. */
async function contents(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const place of (await model.contents()).values()) counts[place] = (counts[place] ?? 0) + 1;
  return counts;
}

describe('a Redis that goes back while it is asked and told to forget', () => {
  it(
    'lets nobody answer what was forgotten, and comes to hold what it was told',
    async () => {
      const luck = randomOf(seed, 6);
      const oneOf = <T>(all: readonly T[]): T => all[luck.below(all.length)] as T;
      const diary = openDiary();
      let storming = true;
      const asking = ask(model, form, { random: randomOf(seed, 7), times, goesOn: () => storming });
      // Where the test gives up nobody waits for it, and what it asks is closed.
      asking.catch(() => undefined);

      const goBack = async (round: number): Promise<void> => {
        const way = oneOf(Object.keys(WAYS_BACK));
        const former = await WAYS_BACK[way]?.(redis);
        let last: Command | undefined;
        for (let index = 0; index <= luck.below(2); index++) {
          const command = drawCommand(`c${round}-${index}`, lies, luck);
          if (!command) break;
          await carriedOut(command);
          diary.tell(JSON.stringify(command));
          last = command;
        }
        if (!last) return;
        await sleep(luck.below(LATEST_RETURN_MS));
        const struck = luck.below(2) === 0 ? await leader() : oneOf(answering);
        const isStruck = luck.below(3) > 0;
        const strikeMs = luck.below(LATEST_STRIKE_MS);
        await Promise.all([
          former?.takeOver(),
          sleep(strikeMs).then(() => void (isStruck && struck.signal('SIGKILL'))),
        ]);
        diary.tell(`${way}; learners started ${learners.map(({ starts }) => starts)} times`);
        const { id } = last;
        await journal.first('store-brought-forward', (event) => event.carriedOut.includes(id));
        diary.tell('brought forward');
      };
      const all = async (): Promise<void> => {
        try {
          for (let round = 0; round < form.returns; round++) await goBack(round);
        } finally {
          storming = false;
        }
        await asking;
        await dealtWith(model);
      };
      try {
        await inTime(all(), form.limitMs);
      } catch (error) {
        console.log([...learners, ...answering].flatMap(lastWords).join('\n'));
        throw error;
      } finally {
        storming = false;
        console.log(String(diary));
      }
      const held = [...lies].filter(([, at]) => at !== 'nowhere');
      await expect
        .poll(contents)
        .toEqual(Object.fromEntries(held.map(([name, at]) => [`${at}/${name}`, form.samplesPerClass])));

      const predictions = await recordsOf(model, model.topics.predictions);
      const asked = await placesOf(model, model.topics.queries);
      const starts = learners.map((each) => each.starts);
      console.log(`${predictions.length} answers, ${form.returns} returns, learners started ${starts} times`);
      expect(namingUnlearned(predictions, times)).toEqual([]);
      expect(answersCompared(asked, predictions)).toEqual(ALL_ANSWERED);
      expect(predictions.length).toBeGreaterThanOrEqual(form.queries);
    },
    2 * form.limitMs,
  );
});
