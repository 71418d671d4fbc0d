import { randomBytes, randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, RESP_TYPES } from 'redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KafkaService } from '../../scripts/services/kafka.js';
import type { RedisService } from '../../scripts/services/redis.js';
import { decodeCentroid } from '../../src/adapters/redis/encoding.js';
import { Keys } from '../../src/adapters/redis/keys.js';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import { groupsOf } from '../../src/domain/groups.js';
import type { Command } from '../../src/domain/messages/command.js';
import type { Place } from '../../src/domain/places.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import { normalised } from '../../src/domain/vector.js';
import { decodeDetector } from '../../src/model/filter/linear/detectorBytes.js';
import { normals, randomOf } from '../../src/model/ssre/random.js';
import type { Needle } from '../support/byteSearch.js';
import { type Fleet, openFleet } from '../support/fleet.js';
import { type Journal, openJournal } from '../support/journal.js';
import type { Variables } from '../support/letheProcess.js';
import { vectorNeedles, weightNeedles } from '../support/needles.js';
import { pixelEmbedder } from '../support/pixelEmbedder.js';
import { kindsOf, ofTheClassAlone, residueOf, type Searched, search, weightsIn } from '../support/residue.js';
import { type Own, ownKafka, ownRedis } from '../support/services.js';
import { type Model, openModel } from '../support/workersModel.js';

const SIDE = 8;
const DIMENSION = 3 * SIDE ** 2;
const PER_CLASS = 20;
/** After that time the next record begins a new file. */
const ROLL_MS = 2000;
/** Twelve processes are started one after the other, which takes a busy machine minutes. */
const LIMIT_MS = 600_000;
const LEARNERS = ['learner 1', 'learner 2'] as const;
const ANSWERING = ['answering 1', 'answering 2'] as const;
const STANDING_BY = { ready: true, waitingFor: [], standby: true };

let kafka: Own<KafkaService>;
let redis: Own<RedisService>;
let folder: string;
let embedder: Variables;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-residue-'));
  await mkdir(join(folder, 'temporary'));
  const settings = {
    // What was deleted goes in seconds instead of days.
    'log.roll.ms': ROLL_MS,
    'log.retention.check.interval.ms': 500,
    'log.segment.delete.delay.ms': 500,
    // Empty indexes of the usual size would be read through for nothing.
    'log.index.size.max.bytes': 2 ** 16,
  };
  [kafka, redis, embedder] = await Promise.all([ownKafka({ settings }), ownRedis(), pixelEmbedder(SIDE)]);
  const admin = await createClient({ url: redis.url }).connect();
  // Snapshots beside the append-only file. In what is compressed nothing would be found.
  await admin.configSet({ save: '3600 1', rdbcompression: 'no' });
  await admin.close();
});
afterAll(async () => {
  await Promise.all([kafka?.dispose(), redis?.dispose()]);
});

function statesOf(places: readonly Place[]): Record<string, string> {
  return Object.fromEntries(places.map(({ place, state }) => [place, state]));
}

/** Unit vectors around a random one: no number in them is to be found elsewhere, none is compressed away. */
function vectorsOfAClass(seed: number): Float32Array[] {
  const random = randomOf(seed, 0);
  const centre = normals(DIMENSION, 1, random);
  return Array.from({ length: PER_CLASS }, () => {
    const noise = normals(DIMENSION, 0.2, random);
    return asStored(centre.map((component, at) => component + (noise[at] as number)));
  });
}

/** As it is after it was made a unit vector once more, which may change the last bits. */
function asStored(vector: Float32Array): Float32Array {
  const unit = normalised(vector);
  return unit.every((component, at) => component === vector[at]) ? unit : asStored(unit);
}

describe.each([
  { learner: 'ssre', killedAt: 'model-rebuilt' },
  { learner: 'analytic', killedAt: 'erase-accepted' },
] as const)('erasures of the learner $learner', ({ learner, killedAt }) => {
  const tag = randomBytes(4).toString('hex');
  const [frog, dog, cat, bird] = [`frog-${tag}`, `dog-${tag}`, `cat-${tag}`, `bird-${tag}`] as const;
  const vectors = new Map<string, Float32Array[]>(
    [frog, dog, cat, bird].map((name) => [name, vectorsOfAClass(randomInt(2 ** 31))]),
  );
  const of = (name: string): Float32Array[] => vectors.get(name) ?? [];
  const places = (): Searched => ({ model, redis, kafka, workers: folder });
  let model: Model;
  let journal: Journal;
  let fleet: Fleet;
  let erasures = 0;

  beforeAll(async () => {
    const variables = {
      ...embedder,
      LETHE_WORKER__LEASE_MS: '3000',
      LETHE_LEARNING__LEARNER: learner,
      LETHE_LEARNING__SSRE__WIDTH: '32',
      LETHE_LEARNING__SSRE__INCREMENTAL__EPOCHS: '60',
      LETHE_LEARNING__SSRE__INCREMENTAL__BATCH_SIZE: '16',
      TMPDIR: join(folder, 'temporary'),
    };
    const services = { brokers: kafka.brokers, redisUrl: redis.url };
    model = await openModel(services, `residue-${tag}`, { dimension: DIMENSION, variables });
    fleet = openFleet(join(folder, learner), model);
    // It makes the topics.
    await fleet.start('learn', LEARNERS[0]);
    journal = openJournal(model);
  });
  afterAll(async () => {
    fleet?.close();
    journal?.close();
    await model?.close();
  });

  const command = (body: Command): Promise<void> =>
    model.log.publish([encodeCommand(body, model.name, model.topics)]);
  const sampleOf = (id: string, label: string, task: string, vector: Float32Array): OutgoingRecord =>
    encodeSample({ id, label, task, payload: { kind: 'vector', vector } }, model.topics);
  const queryOf = (id: string, truth: string, vector: Float32Array): OutgoingRecord =>
    encodeQuery({ id, truth, payload: { kind: 'vector', vector } }, model.topics);
  const learn = async (task: string, ...classes: readonly string[]): Promise<Command> => {
    const samples = classes.flatMap((label, at) =>
      of(label).map((vector, index) => sampleOf(`${task}-${at}-${index}`, label, task, vector)),
    );
    const announced: Command = {
      id: task,
      kind: 'learn',
      task,
      classes: [...classes],
      samples: samples.length,
    };
    await command(announced);
    await model.log.publish(samples);
    return announced;
  };
  const leads = (name: string) => expect.poll(() => fleet.isLearner(name)).toBe(true);
  const standsBy = (name: string) => expect.poll(() => fleet.readiness(name)).toEqual(STANDING_BY);
  /** The model that the worker holds in its folder, of the most tasks. */
  const newestOf = async (name: string): Promise<string | undefined> => {
    const names = await readdir(join(fleet.folderOf(name), 'checkpoints')).catch(() => []);
    return names
      .filter((each) => each.startsWith('v'))
      .sort()
      .at(-1);
  };

  /** The first learner dies while it trains, the second takes its place, and the first comes back to stand by. */
  async function learnWithADeath(): Promise<void> {
    await leads(LEARNERS[0]);
    await Promise.all([
      fleet.start('learn', LEARNERS[1]),
      ...ANSWERING.map((name) => fleet.start('infer', name)),
    ]);
    await standsBy(LEARNERS[1]);
    await journal.ended(await learn('t1', frog, dog, cat));
    const later = await learn('t2', bird);
    if (learner === 'ssre') await journal.nextEpoch('t2');
    await fleet.kill(LEARNERS[0]);
    await journal.ended(later);
    await fleet.start('learn', LEARNERS[0]);
    await standsBy(LEARNERS[0]);
  }

  /** Queries that are answered, and samples and queries that are refused and tell of their class. */
  async function query(): Promise<void> {
    const { log, topics } = model;
    await log.publish(
      [frog, dog, cat, bird].flatMap((name, at) =>
        of(name).map((v, index) => queryOf(`q-${at}-${index}`, name, v)),
      ),
    );
    const longer = (vector: Float32Array): Float32Array => Float32Array.of(...vector, 0.5);
    await log.publish(
      [frog, dog].flatMap((name, at) => [
        sampleOf(`late-${at}`, name, 't1', of(name)[0] as Float32Array),
        queryOf(`long-${at}`, name, longer(of(name)[1] as Float32Array)),
      ]),
    );
    await expect.poll(() => log.lag(groupsOf(topics).inference, [topics.queries])).toBe(0);
    await expect.poll(() => log.lag(groupsOf(topics).learning, [topics.samples])).toBe(0);
    for (const name of ANSWERING) await expect.poll(() => newestOf(name)).toMatch(/^v0002-/);
    // A file is deleted whole: those with letters of the classes get no others.
    await sleep(ROLL_MS);
  }

  /** What is to be found of a class before it is erased. */
  async function needlesOf(
    name: string,
  ): Promise<{ vectors: Needle[]; detector: Needle[]; weights: Needle[]; name: Needle[] }> {
    // It is made in the background.
    await expect.poll(async () => rowOfDetector(name)).toBeDefined();
    const detector = vectorNeedles('detector', (await rowOfDetector(name)) ?? new Float32Array());
    const admin = await createClient({ url: redis.url }).connect();
    await admin.sendCommand(['SAVE']);
    const centroid = await admin.hGet(new Keys(model.name).entity('class', name), 'centroid');
    await admin.close();
    const key = `of ${name}`;
    const told = [...of(name), decodeCentroid(key, centroid ?? '', DIMENSION)];
    const { knowing } = await weightsIn(places().workers, name);
    return {
      vectors: told.flatMap((vector) => vectorNeedles('vectors', vector)),
      detector,
      weights: knowing.flatMap((bytes) => weightNeedles('weights', bytes)),
      name: [{ what: 'name', bytes: Buffer.from(name) }],
    };
  }

  /** What the filter's detector knows of the class. */
  async function rowOfDetector(name: string): Promise<Float32Array | undefined> {
    const admin = await createClient({ url: redis.url }).connect();
    const bytes = await admin
      .withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer })
      .get(new Keys(model.name).detector);
    await admin.close();
    const made = bytes && decodeDetector(bytes);
    const place = made?.keys.findIndex((key) => key.startsWith(JSON.stringify([name]).slice(0, -1)));
    if (!made || place === undefined || place < 0) return undefined;
    return made.rows.slice(place * DIMENSION, (place + 1) * DIMENSION);
  }

  /** Erases the class, and looks for it everywhere before and after. */
  async function erase(name: string, meanwhile: (id: string) => Promise<void>): Promise<void> {
    const needles = await needlesOf(name);
    const before = kindsOf(await search(Object.values(needles).flat(), places()));
    expect(before.vectors).toEqual([
      'files of dead-letters',
      'files of queries',
      'files of samples',
      'redis file',
      'redis value',
      'topic dead-letters',
      'topic queries',
      'topic samples',
    ]);
    expect(before.detector).toEqual(['redis file', 'redis value']);
    expect(before.weights).toEqual(['redis file', 'redis value', 'worker']);
    expect(before.name).toEqual(
      expect.arrayContaining([
        'files of audit',
        'redis file',
        'redis value',
        'topic audit',
        'topic dead-letters',
        'worker',
      ]),
    );

    const id = `erasure-${++erasures}`;
    await command({ id, kind: 'erase', classes: [name], now: true });
    await meanwhile(id);
    const { places: told } = await journal.first('erasure-completed', ({ commandId }) => commandId === id);
    const { topics } = model;
    expect(statesOf(told)).toEqual({
      ...{ 'DB-CIL': 'done', 'DB-MU': 'done', checkpoints: 'done', 'database files': 'done' },
      ...Object.fromEntries([...LEARNERS, ...ANSWERING].map((worker) => [`worker ${worker}`, 'done'])),
      ...{ [topics.samples]: 'kept', [topics.queries]: 'kept', [topics.commands]: 'kept' },
      [topics['dead-letters']]: 'waiting',
    });

    const weights = ofTheClassAlone(needles.weights, await weightsIn(places().workers, name));
    expect(weights.length).toBeGreaterThan(needles.weights.length / 2);
    const sought = [...needles.vectors, ...needles.detector, ...weights, ...needles.name];
    // What is said to be done is done: nothing is waited for here.
    expect(residueOf(await search(sought, places()), ['files of dead-letters'])).toEqual([]);
    const left = async (): Promise<string[]> => {
      await closeTheFilesOf(topics['dead-letters']);
      return residueOf(await search(sought, places()));
    };
    await expect.poll(left, { interval: 1000 }).toEqual([]);
  }

  /** As the first records do that come after `segment.ms`. */
  const closeTheFilesOf = (topic: string): Promise<void> =>
    model.log.publish(
      Array.from({ length: 40 }, (_, at) => ({
        topic,
        key: `${at}`,
        value: Buffer.from('later'),
        headers: {},
      })),
    );

  it(
    'leave nothing anywhere of what they say is gone',
    async () => {
      await learnWithADeath();
      await query();
      await erase(frog, async () => undefined);
      await erase(dog, async (id) => {
        await journal.first(killedAt, (event) =>
          event.kind === 'erase-accepted' ? event.commandId === id : event.without.includes(dog),
        );
        await fleet.kill(LEARNERS[1]);
        await leads(LEARNERS[0]);
        await fleet.start('learn', LEARNERS[1]);
      });
    },
    LIMIT_MS,
  );
});
