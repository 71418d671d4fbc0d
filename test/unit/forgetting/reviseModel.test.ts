import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import type { ClassRecord } from '../../../src/domain/classes.js';
import { LetheError } from '../../../src/domain/errors.js';
import { createTurns } from '../../../src/domain/inTurn.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { needsRevision, reviseModel } from '../../../src/forgetting/reviseModel.js';
import type { Revision } from '../../../src/model/trainer.js';
import { fakeModels } from '../../support/fakeModels.js';
import { modelOf, recordOf, registryOf, stateOf, storeOf, vectorsOf } from '../../support/knowledge.js';

const unlearned = (name: string) => recordOf(name, { state: 'unlearned' });
const MODEL = modelOf('v1', 'cat', 'dog');
const CAT_FORGOTTEN = {
  classes: [unlearned('cat'), recordOf('dog')],
  cil: vectorsOf('dog', 2, 1),
  mu: vectorsOf('cat', 2),
  model: MODEL,
};

/** A learner whose revisions are named v2, v3 and so on; `work` comes before each. */
function revising(
  store: KnowledgeStore,
  work: (revision: Revision) => Promise<void> | void = () => undefined,
) {
  const models = fakeModels();
  const asked: Revision[] = [];
  const events: LetheEvent[] = [];
  let known: readonly string[] = MODEL.classes;
  const revise = async (revision: Revision) => {
    asked.push(revision);
    await work(revision);
    const kept = revision.anew ? [] : known.filter((name) => !revision.forgotten.classes.includes(name));
    known = [...kept, ...revision.returned.classes];
    return modelOf(`v${asked.length + 1}`, ...known);
  };
  const run = () =>
    reviseModel(
      { revise, store, load: models.load, install: models.install, inTurn: createTurns() },
      (event) => events.push(event),
    );
  return { run, asked, events, models };
}

describe('whether the model has to be revised', () => {
  const needed = (records: readonly ClassRecord[], model: typeof MODEL | null = MODEL) =>
    needsRevision(registryOf(records, { model }));
  const both = [recordOf('cat'), recordOf('dog')];

  it('shows in the registry', () => {
    expect(needed(both)).toBe(false);
    expect(needed([...both, recordOf('bird', { state: 'learning' }), unlearned('fox')])).toBe(false);
    expect(needed([unlearned('cat'), recordOf('dog')])).toBe(true);
    expect(needed([recordOf('cat', { state: 'rebuilt' }), recordOf('dog')])).toBe(true);
    expect(needed([...both, recordOf('bird')])).toBe(true);
    expect(needed([recordOf('cat')])).toBe(true);
    expect(needed([recordOf('cat', { state: 'learning' }), recordOf('dog')])).toBe(true);
    expect(needed([recordOf('cat', { withdrawn: 1 }), recordOf('dog')])).toBe(true);
    expect(needed([recordOf('cat', { withdrawn: 0 }), recordOf('dog')])).toBe(false);
  });

  it('is no question before the first model', () => expect(needed(both, null)).toBe(false));
});

describe('a revision', () => {
  it('is none where the model is in step, or there is no model', async () => {
    for (const model of [{ model: MODEL }, {}]) {
      const store = await storeOf({ classes: [recordOf('cat'), recordOf('dog')], ...model });
      const { run, asked, events } = revising(store);
      await run();
      expect([asked, events]).toEqual([[], []]);
    }
  });

  it('subtracts what is forgotten and adds what is learned, each by its stored vectors', async () => {
    const store = await storeOf({
      ...CAT_FORGOTTEN,
      classes: [...CAT_FORGOTTEN.classes, recordOf('bird')],
      cil: [...CAT_FORGOTTEN.cil, ...vectorsOf('bird', 3, 2)],
    });
    const { run, asked, events, models } = revising(store);
    await run();
    expect(asked).toMatchObject([
      {
        forgotten: { classes: ['cat'], labels: Int32Array.of(0, 0) },
        returned: { classes: ['bird'], labels: Int32Array.of(0, 0, 0) },
      },
    ]);
    expect(asked[0]).not.toHaveProperty('anew');
    expect(store.registry.snapshot().model?.classes).toEqual(['dog', 'bird']);
    expect(await stateOf(store, 'cat')).toBe('rebuilt');
    expect([models.installed, models.disposed]).toEqual([['v2'], []]);
    expect(events).toMatchObject([
      { kind: 'model-published', model: { version: 'v2' } },
      {
        kind: 'model-revised',
        modelVersion: 'v2',
        replaces: 'v1',
        without: ['cat'],
        returned: ['bird'],
        how: 'subtracted',
        ms: expect.any(Number),
      },
    ]);
    const [, revised] = events;
    expect(revised?.kind === 'model-revised' && revised.ms >= 0 && revised.ms < 60_000).toBe(true);
  });

  it('begins from nothing where samples that the model saw were unlearned', async () => {
    const store = await storeOf({
      classes: [recordOf('cat', { withdrawn: 1 }), recordOf('dog')],
      cil: [...vectorsOf('cat', 2), ...vectorsOf('dog', 2, 1)],
      model: MODEL,
    });
    const { run, asked, events } = revising(store);
    await run();
    expect(asked).toMatchObject([
      {
        forgotten: { classes: [], vectors: { length: 0 }, labels: { length: 0 } },
        returned: { classes: ['cat', 'dog'] },
        anew: true,
      },
    ]);
    expect(events.at(-1)).toMatchObject({ how: 'anew', without: [], returned: [] });
    expect(store.registry.snapshot().classes.get('cat')).not.toHaveProperty('withdrawn');
  });

  it('begins from nothing where the model knows a class that nobody else does', async () => {
    const store = await storeOf({ classes: [recordOf('dog')], cil: vectorsOf('dog', 2, 1), model: MODEL });
    const { run, asked } = revising(store);
    await run();
    expect(asked).toMatchObject([{ returned: { classes: ['dog'] }, anew: true }]);
  });

  it('begins from nothing where the stored vectors are not those that were learned', async () => {
    const others = new LetheError('training-failed', 'other vectors', {
      field: 'forgotten.vectors',
      remedy: '',
    });
    const store = await storeOf(CAT_FORGOTTEN);
    const { run, asked, events } = revising(store, ({ anew }) => {
      if (!anew) throw others;
    });
    await run();
    expect(asked.map(({ anew }) => anew)).toEqual([undefined, true]);
    expect(events.at(-1)).toMatchObject({ how: 'anew', without: ['cat'] });
  });

  it('that fails otherwise changes nothing', async () => {
    const failures = [
      new LetheError('training-failed', 'killed', { remedy: '' }),
      new LetheError('training-failed', 'odd', { field: 'returned.vectors', remedy: '' }),
      new TypeError('boom'),
    ];
    for (const failure of failures) {
      const store = await storeOf(CAT_FORGOTTEN);
      const { run, asked, events } = revising(store, () => {
        throw failure;
      });
      await expect(run()).rejects.toBe(failure);
      expect([asked.length, events, store.registry.snapshot().model]).toEqual([1, [], MODEL]);
    }
  });

  it('holds up no class for another of which no vector is left', async () => {
    const store = await storeOf({ ...CAT_FORGOTTEN, classes: [...CAT_FORGOTTEN.classes, recordOf('bird')] });
    const { run, asked } = revising(store);
    await run();
    expect(asked).toMatchObject([{ returned: { classes: [] } }]);
    const bird = store.registry.snapshot().classes.get('bird');
    expect(bird).toEqual(recordOf('bird', { state: 'rebuilt', count: 0 }));
  });

  it('frees its model where that could not be made current', async () => {
    const store = await storeOf(CAT_FORGOTTEN);
    store.registry.update = () => Promise.reject(new Error('the store is away'));
    const { run, models, events } = revising(store);
    await expect(run()).rejects.toThrow('the store is away');
    expect([models.disposed, models.installed, events]).toEqual([['v2'], [], []]);
  });
});
