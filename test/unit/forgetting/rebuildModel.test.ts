import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import type { ClassRecord } from '../../../src/domain/classes.js';
import { createTurns } from '../../../src/domain/inTurn.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import { needsRebuild, rebuildModel } from '../../../src/forgetting/rebuildModel.js';
import type { Rebuilder, TrainingTask } from '../../../src/model/trainer.js';
import { fakeModels } from '../../support/fakeModels.js';
import {
  DIMENSION,
  modelOf,
  recordOf,
  registryOf,
  stateOf,
  storeOf,
  vectorsOf,
} from '../../support/knowledge.js';

const MODEL = modelOf('v1', 'cat', 'dog', 'fox');
const forgotten = (name: string, changes: Partial<ClassRecord> = {}) =>
  recordOf(name, { state: 'unlearned', ...changes });
/** Cat is to be erased; dogs lie near axis 1 and foxes near axis 2, in more than one portion. */
const contents = () => ({
  classes: [forgotten('cat', { erasing: 'e1' }), recordOf('dog'), recordOf('fox')],
  cil: [...vectorsOf('dog', 20, 1), ...vectorsOf('fox', 20, 2)],
  mu: vectorsOf('cat', 5),
  model: MODEL,
});

interface Given {
  readonly work?: (task: TrainingTask) => Promise<void> | void;
  /** Logits of one vector, one for each class of the model. */
  readonly logits?: (version: string, vector: Float32Array) => readonly number[];
  readonly margin?: number;
  readonly samples?: number;
}

/** The old model has its classes on axes 0 to 2, the new one on axes 1 and 2, unless it is said otherwise. */
function rebuilding(
  store: KnowledgeStore,
  { work = () => undefined, logits, margin = 0, samples = 18 }: Given = {},
) {
  const usual = (version: string, vector: Float32Array): readonly number[] => [
    ...vector.subarray(version === 'v1' ? 0 : 1, 3),
  ];
  const models = fakeModels((version, vectors) =>
    Float32Array.from(
      Array.from({ length: vectors.length / DIMENSION }, (_, row) =>
        (logits ?? usual)(version, vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION)),
      ).flat(),
    ),
  );
  const tasks: TrainingTask[] = [];
  const adopted: string[] = [];
  const events: LetheEvent[] = [];
  const trainer: Rebuilder = {
    adopt: ({ version }) => void adopted.push(version),
    rebuild: async (task, onProgress) => {
      tasks.push(task);
      await work(task);
      onProgress({ epoch: 1, epochs: 2, loss: 0.5, ms: 3 });
      return modelOf(`v${tasks.length + 1}`, ...task.classes);
    },
  };
  const run = () =>
    rebuildModel(
      'rebuild-v1',
      {
        trainer,
        store,
        load: models.load,
        install: models.install,
        inTurn: createTurns(),
        margin,
        samples,
        seed: 1,
      },
      (event) => events.push(event),
    );
  return { run, tasks, adopted, events, models };
}

describe('whether a rebuild is needed', () => {
  const needed = (...classes: ClassRecord[]) => needsRebuild(registryOf(classes, { model: MODEL }));
  it('is told by classes that the model knows and must not, and samples that it saw and must not have', () => {
    expect(needed(recordOf('cat'), forgotten('dog'))).toBe(false);
    expect(needed(forgotten('cat', { erasing: 'e1' }))).toBe(true);
    expect(needed(forgotten('bird', { erasing: 'e1' }))).toBe(false);
    expect(needed(recordOf('cat', { withdrawn: 1 }))).toBe(true);
    expect(needed(recordOf('cat', { withdrawn: 0 }))).toBe(false);
    expect(needed(recordOf('cat', { state: 'learning', withdrawn: 1 }))).toBe(false);
    expect(needsRebuild(registryOf([recordOf('cat', { withdrawn: 1 })]))).toBe(false);
  });
});

describe('a rebuild', () => {
  it('makes a model of the learned classes alone, which takes the place of the other one', async () => {
    const store = await storeOf(contents());
    const { run, tasks, adopted, events, models } = rebuilding(store);
    await run();
    expect(tasks).toMatchObject([{ task: 'rebuild-v1', classes: ['dog', 'fox'], unlearned: [] }]);
    expect(tasks[0]?.labels).toHaveLength(40);
    expect([adopted, models.installed, models.disposed]).toEqual([['v2'], ['v2'], ['v1']]);
    expect(store.registry.snapshot().model).toEqual(modelOf('v2', 'dog', 'fox'));
    expect(store.registry.snapshot().classes.get('cat')).toMatchObject({ state: 'rebuilt', erasing: 'e1' });
    expect(events).toMatchObject([
      { kind: 'task-epoch', task: 'rebuild-v1', epoch: 1, epochs: 2, loss: 0.5, ms: 3 },
      { kind: 'model-published', model: { version: 'v2' } },
      {
        kind: 'model-rebuilt',
        modelVersion: 'v2',
        replaces: 'v1',
        without: ['cat'],
        evidence: { vectors: 36, accuracyBefore: 1, accuracyAfter: 1 },
      },
    ]);
    const rebuilt = events.at(-1);
    expect(rebuilt?.kind === 'model-rebuilt' && rebuilt.ms > 0 && rebuilt.ms < 60_000).toBe(true);
  });

  it('is none where none is needed, or there is no model', async () => {
    for (const changes of [{ classes: [forgotten('cat'), recordOf('dog')] }, { model: undefined }]) {
      const { model, ...rest } = { ...contents(), ...changes };
      const { run, tasks, events } = rebuilding(await storeOf({ ...rest, ...(model && { model }) }));
      await run();
      expect([tasks, events]).toEqual([[], []]);
    }
  });

  it('is refused where no class would remain', async () => {
    const store = await storeOf({ ...contents(), classes: [forgotten('cat', { erasing: 'e1' })] });
    const { run, tasks } = rebuilding(store);
    await expect(run()).rejects.toMatchObject({ code: 'rebuild-refused', field: 'classes' });
    expect(tasks).toEqual([]);
  });

  it('is refused where the model loses more than the margin, and both are freed', async () => {
    // The new model takes foxes for dogs.
    const logits = (version: string, vector: Float32Array) =>
      version === 'v1' ? [...vector.subarray(0, 3)] : [1, 0];
    const refused = rebuilding(await storeOf(contents()), { logits, margin: 0.49 });
    await expect(refused.run()).rejects.toMatchObject({
      code: 'rebuild-refused',
      field: 'unlearning.rebuild.margin',
      value: '0.49',
      evidence: { vectors: 36, accuracyBefore: 1, accuracyAfter: 0.5 },
    });
    expect(refused.models.disposed.sort()).toEqual(['v1', 'v2']);
    expect([refused.models.installed, refused.adopted]).toEqual([[], []]);
    const store = await storeOf(contents());
    await rebuilding(store, { logits, margin: 0.5 }).run();
    expect(store.registry.snapshot().model?.version).toBe('v2');
  });

  it('compares by the best class of those that are not forgotten', async () => {
    // The old model is surest of cat, whatever it sees; without cat it is right.
    const logits = (version: string, vector: Float32Array) =>
      version === 'v1' ? [9, vector[1] ?? 0, vector[2] ?? 0] : [...vector.subarray(1, 3)];
    const { run, events } = rebuilding(await storeOf(contents()), { logits });
    await run();
    expect(events.at(-1)).toMatchObject({ evidence: { accuracyBefore: 1 } });
  });

  it('compares nothing where no vector is to be drawn', async () => {
    const { run, events } = rebuilding(await storeOf(contents()), { samples: 0 });
    await run();
    expect(events.at(-1)).toMatchObject({ evidence: { vectors: 0, accuracyBefore: 0, accuracyAfter: 0 } });
  });

  it('begins again where a class was relearned meanwhile that its model does not know', async () => {
    const store = await storeOf({
      ...contents(),
      classes: [...contents().classes, forgotten('bird')],
      mu: vectorsOf('bird', 3, 3),
    });
    let runs = 0;
    const { run, tasks, models, events } = rebuilding(store, {
      logits: (version, vector) => [...vector.subarray(version === 'v1' ? 0 : 1, version === 'v3' ? 4 : 3)],
      work: async () => {
        if (runs++ > 0) return;
        await store.vectors.move(['bird'], 'mu', 'cil');
        await store.registry.update(() => ({ put: [recordOf('bird')] }));
      },
    });
    await run();
    expect(tasks.map(({ classes }) => classes)).toEqual([
      ['dog', 'fox'],
      ['dog', 'fox', 'bird'],
    ]);
    expect([models.installed, models.disposed]).toEqual([['v3'], ['v1', 'v2', 'v1']]);
    expect(events.filter(({ kind }) => kind === 'model-rebuilt')).toHaveLength(1);
    expect(store.registry.snapshot().model?.version).toBe('v3');
  });

  it('keeps in mind what was unlearned while it was made', async () => {
    const classes = [recordOf('cat', { withdrawn: 2 }), recordOf('dog', { withdrawn: 1 }), recordOf('fox')];
    const store = await storeOf({
      ...contents(),
      classes,
      cil: [...contents().cil, ...vectorsOf('cat', 5)],
      mu: [],
    });
    const work = async () => {
      await store.registry.update(() => ({
        put: [recordOf('cat', { withdrawn: 5 }), recordOf('fox', { withdrawn: 1 })],
      }));
    };
    await rebuilding(store, { work, logits: (_, vector) => [...vector.subarray(0, 3)] }).run();
    const { classes: after } = store.registry.snapshot();
    expect(after.get('cat')?.withdrawn).toBe(3);
    expect(after.get('dog')).not.toHaveProperty('withdrawn');
    expect(after.get('fox')?.withdrawn).toBe(1);
  });

  it('holds up no class for another of which no vector is left: that one is forgotten', async () => {
    const store = await storeOf({
      ...contents(),
      classes: [...contents().classes, recordOf('bird', { withdrawn: 1 })],
    });
    await rebuilding(store).run();
    const bird = store.registry.snapshot().classes.get('bird');
    expect(bird).toEqual(recordOf('bird', { state: 'rebuilt', count: 0 }));
    expect(await stateOf(store, 'dog')).toBe('learned');
  });

  it('leaves what is neither learned nor forgotten as it is', async () => {
    const others = [recordOf('bird', { state: 'learning' }), recordOf('cow', { state: 'erased', count: 0 })];
    const store = await storeOf({ ...contents(), classes: [...contents().classes, ...others] });
    await rebuilding(store).run();
    const { classes } = store.registry.snapshot();
    expect([classes.get('bird'), classes.get('cow')]).toEqual(others);
  });
});
