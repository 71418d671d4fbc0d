import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RedisService } from '../../scripts/services/redis.js';
import { delegating } from '../../src/adapters/delegating.js';
import type { EventLog } from '../../src/adapters/eventLog.js';
import { createKafkaLog, type KafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import type { KnowledgeStore } from '../../src/adapters/knowledgeStore.js';
import { createRedisStore } from '../../src/adapters/redis/createRedisStore.js';
import type { RedisNeed } from '../../src/adapters/redis/options.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { unlearnClasses } from '../../src/forgetting/migrateClasses.js';
import { type CentroidTraining, centroidTraining } from '../support/centroidTrainer.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { around, learn, type Processing, startProcessing } from '../support/processing.js';
import { type Own, ownRedis, sharedServices } from '../support/services.js';

const DIMENSION = 12;
const AXES = { cat: 0, dog: 4, frog: 8 };

/** A deployment of two workers whose Redis can be put back to an earlier moment. */
interface Deployment {
  readonly learner: Processing;
  readonly answering: Processing;
  readonly waits: readonly string[];
}

/** Topics of one partition each. */
async function makeTopics(brokers: string, prefix: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const topics = Object.values(topicsUnder(prefix)).map((topic) => ({ topic, numPartitions: 1 }));
  await admin.createTopics({ waitForLeaders: true, topics });
  await admin.disconnect();
}

describe('a store that goes back', () => {
  let redis: Own<RedisService>;
  let backup: string;
  let prefix: string;
  let training: CentroidTraining;
  let brokers: string;
  const opened: { close(): Promise<void> }[] = [];
  const running: Processing[] = [];

  beforeEach(async () => {
    ({ brokers } = await sharedServices());
    redis = await ownRedis();
    backup = await mkdtemp(join(tmpdir(), 'lethe-backup-'));
    prefix = `back-${randomUUID()}.`;
    training = centroidTraining(DIMENSION);
    await makeTopics(brokers, prefix);
  });
  afterEach(async () => {
    await Promise.allSettled(running.splice(0).map((each) => each.stop()));
    await Promise.allSettled(opened.splice(0).map((each) => each.close()));
    await redis.dispose();
    await rm(backup, { recursive: true, force: true });
  });

  const storeOf = (waits: string[]): Promise<KnowledgeStore> =>
    createRedisStore({
      url: redis.url,
      model: 'test',
      dimension: DIMENSION,
      index: { algorithm: 'flat', m: 16, efConstruction: 200, efRuntime: 100, type: 'float32' },
      leaseMs: 1000,
      durable: { disk: true, replicas: 0 },
      onWaiting: (need: RedisNeed, why) => void (why !== null && waits.push(need)),
    });
  /** Fails to write the first report of what was done, and notes that. */
  const failingOnce = (log: EventLog, failed: string[]): EventLog =>
    delegating(log, {
      publish: async (records) => {
        const types = records.map(({ headers }) => String(headers?.ce_type));
        if (failed.length === 0 && types.includes('lethe.event.store-brought-forward')) {
          failed.push(...types);
          throw new Error('Kafka is away');
        }
        return log.publish(records);
      },
    });
  const logOf = (name: string): Promise<KafkaLog> =>
    createKafkaLog(kafkaTestOptions(brokers, { clientId: name, transactionalIdPrefix: `${prefix}${name}` }));

  async function deploy(failed: string[] = ['never']): Promise<Deployment> {
    const waits: string[] = [];
    const start = async (role: 'learn' | 'infer'): Promise<Processing> => {
      const [store, log] = [await storeOf(waits), failingOnce(await logOf(role), failed)];
      opened.push(store, log);
      const processing = startProcessing({ role, store, log, training, topicPrefix: prefix });
      running.push(processing);
      return processing;
    };
    return { learner: await start('learn'), answering: await start('infer'), waits };
  }

  const data = (): string => join(redis.folder, 'data');
  async function backUp(): Promise<void> {
    await rm(backup, { recursive: true, force: true });
    await cp(data(), backup, { recursive: true });
  }
  async function putBack(): Promise<void> {
    await redis.kill();
    await rm(data(), { recursive: true, force: true });
    await cp(backup, data(), { recursive: true });
    await redis.restart();
  }
  /** Labels of answers to inputs that are cats. */
  async function catsAre(answering: Processing, name: string): Promise<(string | null)[]> {
    const answers = [];
    for (let index = 0; index < 5; index++)
      answers.push(await answering.query(`${name}-${index}`, around(AXES.cat, index)));
    return answers.map(({ label }) => label);
  }

  it('answers nothing until what was forgotten since is forgotten again', async () => {
    const { learner, answering, waits } = await deploy();
    await learn(learner, 't1', AXES);
    expect(await catsAre(answering, 'before')).toContain('cat');
    await backUp();
    await learner.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    const { registryVersion } = await learner.event('unlearned');
    await putBack();

    const answers = await catsAre(answering, 'after');
    expect(answers).not.toContain('cat');
    const forward = await learner.event('store-brought-forward');
    expect(forward).toMatchObject({ carriedOut: ['u1'], lostClasses: [], lostTasks: [] });
    expect(forward.found).toBeLessThan(registryVersion);
    expect(forward.registryVersion).toBeGreaterThan(registryVersion);
    expect(waits).toContain('history');
    expect(await learner.store.vectors.count({ database: 'mu', classes: ['cat'] })).toBe(20);
    expect((await learner.store.registry.receipt('u1'))?.moved).toEqual(new Map([['cat', 20]]));

    // Deaf to it as well are those that start only now, and know nothing.
    await Promise.all(running.splice(0).map((each) => each.stop()));
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await putBack();
    const later = await deploy();
    expect(await catsAre(later.answering, 'later')).not.toContain('cat');
    expect(await later.learner.event('store-brought-forward')).toMatchObject({ carriedOut: ['u1'] });
  });

  it('reports what it did also where that can be written only later', async () => {
    const failed: string[] = [];
    const { learner, answering } = await deploy(failed);
    await learn(learner, 't1', AXES);
    await backUp();
    await learner.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await learner.event('unlearned');
    await putBack();

    expect(await learner.event('store-brought-forward')).toMatchObject({ carriedOut: ['u1'] });
    expect(failed).toEqual(['lethe.event.store-brought-forward']);
    expect(await catsAre(answering, 'after')).not.toContain('cat');
    expect(await learner.store.history?.unreported()).toBeNull();
  });

  it('reports also what a learner carried out that died in the midst', async () => {
    const { learner } = await deploy();
    await learn(learner, 't1', AXES);
    await backUp();
    await learner.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    const { registryVersion } = await learner.event('unlearned');
    await Promise.all(running.splice(0).map((each) => each.stop()));
    await Promise.all(opened.splice(0).map((each) => each.close()));
    await putBack();
    const dying = await storeOf([]);
    opened.push(dying);
    await dying.history?.hold(registryVersion, ['u1']);
    const forget = { id: 'u1', position: 'commands/0/1', classes: ['cat'] };
    if (dying.history) await unlearnClasses(forget, dying.history.asItIs, 0, { by: 'name' });

    const later = await deploy();
    expect(await later.learner.event('store-brought-forward')).toMatchObject({ carriedOut: ['u1'] });
  });

  it('forgets samples and erases again, in order, and says what is lost', async () => {
    const { learner, answering } = await deploy();
    await learn(learner, 't1', AXES);
    await backUp();
    await learner.command({ id: 'u1', kind: 'unlearn', samples: ['dog-0', 'dog-1'] });
    await learner.event('samples-unlearned');
    await learner.command({ id: 'u2', kind: 'unlearn', classes: ['cat'] });
    await learner.event('unlearned');
    await learner.command({ id: 'u3', kind: 'relearn', classes: ['cat'] });
    await learner.event('relearned');
    await learner.command({ id: 'u4', kind: 'erase', classes: ['cat'], now: true });
    await learner.event('erased');
    await learn(learner, 't2', { bird: 2 });
    await putBack();

    const forward = await learner.event('store-brought-forward');
    expect(forward.carriedOut).toEqual(['u1', 'u2', 'u3', 'u4']);
    expect(forward).toMatchObject({ lostClasses: ['bird'], lostTasks: [] });
    await learner.event('erased', ({ registryVersion }) => registryVersion > forward.registryVersion);
    expect(await catsAre(answering, 'after')).not.toContain('cat');
    expect(await learner.store.vectors.count({ classes: ['cat'] })).toBe(0);
    expect(await learner.store.vectors.get(['dog-0', 'dog-1'])).toEqual([]);
    expect(learner.store.registry.snapshot().classes.get('cat')?.state).toBe('erased');
  });

  it('knows what was forgotten also where everything is gone', async () => {
    const { learner, answering } = await deploy();
    await learn(learner, 't1', AXES);
    await learner.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await learner.event('unlearned');
    const client = await createClient({ url: redis.url }).connect();
    await client.sendCommand(['FLUSHALL']);
    await client.close();

    const forward = await learner.event('store-brought-forward');
    expect(forward).toMatchObject({ found: 0, carriedOut: ['u1'], lostClasses: ['dog', 'frog'] });
    await learner.sample('late', 'cat', 't1', around(AXES.cat, 1));
    await learner.deadLetter(({ code }) => code === 'class-unlearned');
    await learn(learner, 't2', { dog: AXES.dog, frog: AXES.frog });
    expect(await catsAre(answering, 'after')).not.toContain('cat');
  });
});
