import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import type { ModelVersion } from '../../../src/domain/messages/model.js';
import { madeBy } from '../../../src/model/checkpoint/checkpoint.js';
import { readCheckpoint } from '../../../src/model/checkpoint/readCheckpoint.js';
import { loadClassifier } from '../../../src/model/loadClassifier.js';
import { createTrainer } from '../../../src/model/training/trainer.js';
import { around, learn, memoryLog, type Processing, startProcessing } from '../../support/processing.js';
import { config } from '../../unit/model/analytic/support.js';

const DIMENSION = 12;

/** The weights of the model that answers, by class. */
async function weightsOf({ store }: Processing): Promise<Map<string, number[]>> {
  const model = store.registry.snapshot().model as ModelVersion;
  const checkpoint = await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256);
  const { classes, weights, statistics } = madeBy('analytic', checkpoint).state;
  return new Map(
    classes.map((name, k) => [name, [...weights.subarray(k * statistics.width, (k + 1) * statistics.width)]]),
  );
}

/** Holds the first step of a kind until it is released. */
function barrier(held: 'train' | 'revise') {
  let release = (): void => undefined;
  let reach = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const pause = async (step: 'train' | 'revise'): Promise<void> => {
    if (step !== held) return;
    reach();
    await released;
  };
  return { reached, release, pause };
}

describe('with the analytic learner', () => {
  let folder = '';
  const opened: Processing[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-analytic-'));
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.stop()));
    await rm(folder, { recursive: true });
  });

  /** @param pause what a step of the learner waits for */
  const start = async (
    name: string,
    options: Parameters<typeof startProcessing>[0] = {},
    pause: (step: 'train' | 'revise') => Promise<void> = async () => undefined,
  ) => {
    const store = options.store ?? createMemoryStore({ dimension: DIMENSION });
    const trainer = await createTrainer({
      checkpoints: join(folder, name),
      backend: 'cpu',
      analytic: config({ projection: 40 }),
      dimension: DIMENSION,
      threads: 1,
      from: () => store.registry.snapshot().model,
    });
    const load = (model: ModelVersion) => loadClassifier(model, { backend: 'cpu' });
    const revise = trainer.revise as NonNullable<typeof trainer.revise>;
    const waiting: typeof trainer = {
      ...trainer,
      train: (...task) => pause('train').then(() => trainer.train(...task)),
      revise: (revision) => pause('revise').then(() => revise(revision)),
    };
    const processing = startProcessing({
      ...options,
      store,
      training: { trainer: waiting, load, trained: [] },
    });
    opened.push({
      ...processing,
      stop: async () => {
        await processing.stop();
        await trainer.close();
      },
    });
    return processing;
  };

  it('the model that answers after an unlearning is the one that never saw the class', async () => {
    const masked = { settings: { strategy: 'masked' } } as const;
    const processing = await start('live', masked);
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await learn(processing, 't2', { frog: 8 });
    const whole = await weightsOf(processing);
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    const revised = await processing.event('model-revised');
    expect(revised).toMatchObject({ without: ['dog'], how: 'subtracted' });
    expect(processing.store.registry.snapshot().classes.get('dog')?.state).toBe('rebuilt');

    const fresh = await start('fresh', masked);
    await learn(fresh, 't1', { cat: 0 });
    await learn(fresh, 't2', { frog: 8 });
    expect(await weightsOf(processing)).toEqual(await weightsOf(fresh));
    // Not the weights alone: every answer is that of who never saw the class, also to its own inputs.
    for (const [index, axis] of [0, 4, 8, 6].entries()) {
      const asked = [`q${index}`, around(axis, 1)] as const;
      const { label, probabilities } = await fresh.query(...asked);
      expect(await processing.query(...asked)).toMatchObject({ label, probabilities });
    }

    await processing.command({ id: 'r1', kind: 'relearn', classes: ['dog'] });
    await processing.event('task-finished', ({ task }) => task === 'relearn-r1');
    expect(await weightsOf(processing)).toEqual(whole);
    expect((await processing.query('q9', around(4, 1))).label).toBe('dog');
  });

  it('an unlearning that a worker did not live to take out of the model is taken out by the next one', async () => {
    const log = memoryLog();
    const first = await start('live', { log });
    await learn(first, 't1', { cat: 0, dog: 4 });
    await Promise.all(opened.splice(0).map((each) => each.stop()));
    const { store } = first;
    await store.migrate(({ classes }) => ({
      from: 'cil',
      to: 'mu',
      classes: [
        { ...(classes.get('dog') as NonNullable<ReturnType<typeof classes.get>>), state: 'unlearned' },
      ],
      command: { id: 'u1', position: 'nowhere/0/0', details: { classes: ['dog'] } },
    }));
    const second = await start('live', { log, store });
    expect(await second.event('model-revised')).toMatchObject({ without: ['dog'] });
    expect([...(await weightsOf(second)).keys()]).toEqual(['cat']);
  });

  it('a class relearned while it is being taken out is put back', async () => {
    const { reached, release, pause } = barrier('revise');
    const processing = await start('live', {}, pause);
    await learn(processing, 't1', { cat: 0, dog: 4 });
    const whole = await weightsOf(processing);
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await reached;
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['dog'] });
    await processing.event('relearned');
    release();
    expect(await processing.event('model-revised')).toMatchObject({ without: ['dog'], returned: [] });
    await processing.event('model-revised', ({ returned }) => returned.includes('dog'));
    expect(await weightsOf(processing)).toEqual(whole);
    expect(await processing.query('q', around(4, 1))).toMatchObject({ label: 'dog', route: 'model' });
  });

  it('a class unlearned while its task trains is out of the model in the end', async () => {
    const { reached, release, pause } = barrier('train');
    const processing = await start('live', {}, pause);
    const learned = learn(processing, 't1', { cat: 0, dog: 4 });
    await reached;
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await processing.event('unlearned');
    release();
    await learned;
    expect(await processing.event('model-revised')).toMatchObject({ without: ['dog'], how: 'subtracted' });
    expect([...(await weightsOf(processing)).keys()]).toEqual(['cat']);
  });

  it('several unlearnings share a revision, and a task that waits for its turn goes on from it', async () => {
    const { reached, release, pause } = barrier('revise');
    const processing = await start('live', {}, pause);
    await learn(processing, 't1', { cat: 0, dog: 3, frog: 6 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['dog'] });
    await reached;
    await processing.command({ id: 'u2', kind: 'unlearn', classes: ['frog'] });
    const learned = learn(processing, 't2', { bird: 9 });
    await processing.event('task-embedded', ({ task }) => task === 't2');
    release();
    await learned;
    await processing.event('model-revised', ({ without }) => without.includes('frog'));
    const fresh = await start('fresh');
    await learn(fresh, 't', { cat: 0, bird: 9 });
    expect(await weightsOf(processing)).toEqual(await weightsOf(fresh));
  });

  it('says so when nothing is left to answer with, and learns on', async () => {
    const processing = await start('live');
    await learn(processing, 't1', { cat: 0 });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.event('model-revised');
    expect([...(await weightsOf(processing)).keys()]).toEqual([]);
    void processing.query('q1', around(0, 1));
    const { code } = await processing.deadLetter(({ source }) => source.key === 'q1');
    expect(code).toBe('no-model');
    await learn(processing, 't2', { dog: 4 });
    expect((await processing.query('q2', around(4, 1))).label).toBe('dog');
  });

  it('erasing is a subtraction and a deletion', async () => {
    const processing = await start('live');
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'e1', kind: 'erase', classes: ['dog'], now: true });
    expect(await processing.event('erased')).toMatchObject({ classes: [{ name: 'dog', vectors: 20 }] });
    expect([...(await weightsOf(processing)).keys()]).toEqual(['cat']);
  });

  it('unlearned samples are left out by a fit from all others', async () => {
    const processing = await start('live');
    await learn(processing, 't1', { cat: 0, dog: 4 });
    await processing.command({ id: 'u1', kind: 'unlearn', samples: ['cat-18', 'cat-19', 'dog-19'] });
    expect(await processing.event('model-revised')).toMatchObject({ without: [], how: 'anew' });
    const fresh = await start('fresh');
    await fresh.command({ id: 'l', kind: 'learn', task: 't1', classes: ['cat', 'dog'], samples: 37 });
    for (let i = 0; i < 18; i++) await fresh.sample(`cat-${i}`, 'cat', 't1', around(0, i));
    for (let i = 0; i < 19; i++) await fresh.sample(`dog-${i}`, 'dog', 't1', around(4, i));
    await fresh.event('task-finished');
    expect(await weightsOf(processing)).toEqual(await weightsOf(fresh));
  });
});
