import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import type { ClassRecord, ClassState } from '../../../src/domain/classes.js';
import { createTurns } from '../../../src/domain/inTurn.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { ModelVersion } from '../../../src/domain/messages/model.js';
import { needsRevision, reviseModel } from '../../../src/forgetting/reviseModel.js';
import { madeBy } from '../../../src/model/checkpoint/checkpoint.js';
import { readCheckpoint } from '../../../src/model/checkpoint/readCheckpoint.js';
import type { Classifier } from '../../../src/model/classifier.js';
import { loadClassifier } from '../../../src/model/loadClassifier.js';
import type { Revision } from '../../../src/model/trainer.js';
import { createTrainer } from '../../../src/model/training/trainer.js';
import { classVectors, config } from '../../unit/model/analytic/support.js';

const DIMENSION = 8;
const EACH = 12;

function recordOf(name: string, over: Partial<ClassRecord> = {}): ClassRecord {
  return { name, state: 'learned', task: 't', count: EACH, centroid: new Float32Array(DIMENSION), ...over };
}

/** A trainer and a store that know `a`, `b` and `c`, and what a revision needs of them. */
async function knowing(folder: string) {
  const trainer = await createTrainer({
    checkpoints: folder,
    backend: 'cpu',
    analytic: config(),
    dimension: DIMENSION,
    threads: 1,
  });
  const store = createMemoryStore({ dimension: DIMENSION });
  const names = ['a', 'b', 'c'];
  const task = classVectors(names, EACH, DIMENSION);
  await store.vectors.upsert(
    'cil',
    [...task.labels].map((label, row) => ({
      id: `${names[label]}-${row}`,
      className: names[label] as string,
      task: 't',
      vector: task.vectors.slice(row * DIMENSION, (row + 1) * DIMENSION),
    })),
  );
  const model = await trainer.train({ ...task, task: 't', unlearned: [] }, () => undefined);
  await store.registry.update(() => ({ model, put: names.map((name) => recordOf(name)) }));
  const asked: Revision[] = [];
  const installed: Classifier[] = [];
  const events: LetheEvent[] = [];
  const move = (name: string, from: 'cil' | 'mu', state: ClassState) =>
    store.migrate(({ version }) => ({
      from,
      to: from === 'cil' ? 'mu' : 'cil',
      classes: [recordOf(name, { state })],
      command: { id: `c${version}`, position: `nowhere/0/${version}`, details: {} },
    }));
  return {
    trainer,
    store,
    model,
    asked,
    installed,
    events,
    unlearn: (name: string) => move(name, 'cil', 'unlearned'),
    relearn: (name: string) => move(name, 'mu', 'learned'),
    revise: () =>
      reviseModel(
        {
          revise: async (revision) => {
            asked.push(revision);
            return (trainer.revise as NonNullable<typeof trainer.revise>)(revision);
          },
          calibration: trainer.calibration,
          store,
          load: (made) => loadClassifier(made, { backend: 'cpu' }),
          install: (loaded) => installed.push(loaded),
          inTurn: createTurns(),
        },
        (event) => events.push(event),
      ),
    current: () => store.registry.snapshot().model as ModelVersion,
  };
}

async function weightsOf(model: ModelVersion): Promise<Map<string, number[]>> {
  const checkpoint = await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256);
  const { classes, weights, statistics } = madeBy('analytic', checkpoint).state;
  return new Map(
    classes.map((name, k) => [name, [...weights.subarray(k * statistics.width, (k + 1) * statistics.width)]]),
  );
}

async function temperatureOf(model: ModelVersion): Promise<number> {
  return (await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256)).state.temperatureFactor;
}

describe('a revision of the model', () => {
  let folder = '';
  let known: Awaited<ReturnType<typeof knowing>>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-revise-'));
    known = await knowing(folder);
  });
  afterEach(async () => {
    for (const each of known.installed) each.dispose();
    await known.trainer.close();
    await rm(folder, { recursive: true });
  });

  it('does nothing where the model knows what is learned', async () => {
    await known.revise();
    expect(known.asked).toEqual([]);
    expect(known.events).toEqual([]);
    expect(known.current()).toEqual(known.model);
  });

  it('takes out what was unlearned, by the vectors of these classes alone, and tells of it', async () => {
    await known.unlearn('b');
    await known.revise();
    expect(known.asked).toMatchObject([{ forgotten: { classes: ['b'] }, returned: { classes: [] } }]);
    expect(known.asked[0]?.forgotten.labels).toHaveLength(EACH);
    const model = known.current();
    expect(model.classes).toEqual(['a', 'c']);
    expect(known.installed.map(({ version }) => version)).toEqual([model.version]);
    expect(known.store.registry.snapshot().classes.get('b')?.state).toBe('rebuilt');
    expect(known.events).toMatchObject([
      { kind: 'model-published', model },
      {
        kind: 'model-revised',
        replaces: known.model.version,
        without: ['b'],
        returned: [],
        how: 'subtracted',
      },
    ]);
    expect(needsRevision(known.store.registry.snapshot())).toBe(false);
  });

  it('calibrates with vectors of the classes that stay: as a model that never knew the other, and as before once it is back', async () => {
    expect(await temperatureOf(known.model)).not.toBe(1);
    await known.unlearn('b');
    await known.revise();
    const never = await createTrainer({
      checkpoints: join(folder, 'never'),
      backend: 'cpu',
      analytic: config(),
      dimension: DIMENSION,
      threads: 1,
    });
    try {
      const others = classVectors(['a', 'c'], EACH, DIMENSION);
      const fresh = await never.train({ ...others, task: 't', unlearned: [] }, () => undefined);
      expect(await temperatureOf(known.current())).toBe(await temperatureOf(fresh));
    } finally {
      await never.close();
    }
    expect(await temperatureOf(known.current())).not.toBe(await temperatureOf(known.model));
    expect(known.installed[0]?.temperatureFactor).toBe(await temperatureOf(known.current()));
    await known.relearn('b');
    await known.revise();
    expect(await temperatureOf(known.current())).toBe(await temperatureOf(known.model));
  });

  it('takes classes out and puts one back in one step: the weights are those of the beginning', async () => {
    await known.unlearn('b');
    await known.revise();
    // Relearned while the model was being made without it: learned, although the model does not know it.
    await known.relearn('b');
    await known.unlearn('c');
    await known.revise();
    expect(known.asked[1]).toMatchObject({ forgotten: { classes: ['c'] }, returned: { classes: ['b'] } });
    expect(known.events.at(-1)).toMatchObject({ without: ['c'], returned: ['b'] });
    await known.relearn('c');
    await known.revise();
    expect(await weightsOf(known.current())).toEqual(await weightsOf(known.model));
  });

  it('makes the model anew where a vector of a forgotten class was lost', async () => {
    await known.unlearn('b');
    const { vectors } = known.store;
    const lost: string[] = [];
    for await (const records of vectors.scan({ database: 'mu', classes: ['b'] }))
      lost.push(...records.map(({ id }) => id));
    await vectors.withdraw(lost.slice(0, 1));
    await known.revise();
    expect(known.asked).toMatchObject([
      { forgotten: { classes: ['b'] } },
      { forgotten: { classes: [] }, returned: { classes: ['a', 'c'] }, anew: true },
    ]);
    expect(known.events.at(-1)).toMatchObject({ without: ['b'], how: 'anew' });
    const fresh = await known.trainer.rebuild(
      { ...classVectors(['a', 'c'], EACH, DIMENSION), task: 'fresh', unlearned: [] },
      () => undefined,
    );
    expect(await weightsOf(known.current())).toEqual(await weightsOf(fresh));
  });

  it('makes the model anew where it knows a class that the registry does not', async () => {
    await known.store.registry.update(() => ({ drop: ['c'] }));
    await known.revise();
    expect(known.asked).toMatchObject([{ returned: { classes: ['a', 'b'] }, anew: true }]);
    expect(known.current().classes).toEqual(['a', 'b']);
  });

  it('can take out everything, and put it back', async () => {
    for (const name of ['a', 'b', 'c']) await known.unlearn(name);
    await known.revise();
    expect(known.current().classes).toEqual([]);
    for (const name of ['a', 'b', 'c']) await known.relearn(name);
    await known.revise();
    expect(await weightsOf(known.current())).toEqual(await weightsOf(known.model));
  });

  it('that fails leaves the model that answers where it is', async () => {
    await known.unlearn('b');
    await known.trainer.close();
    await expect(known.revise()).rejects.toMatchObject({ code: 'training-failed' });
    expect(known.current()).toEqual(known.model);
    expect(known.installed).toEqual([]);
    expect(known.events).toEqual([]);
  });
});
