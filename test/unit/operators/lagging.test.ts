import { BehaviorSubject, EMPTY, firstValueFrom, of, Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { createScreen } from '../../../src/answering/screen.js';
import type { ClassRecord } from '../../../src/domain/classes.js';
import type { ModelVersion } from '../../../src/domain/messages/model.js';
import { normalised } from '../../../src/domain/vector.js';
import { relearnClasses, unlearnClasses } from '../../../src/forgetting/migrateClasses.js';
import type { Classifier } from '../../../src/model/classifier.js';
import { relativeFilter } from '../../../src/model/filter/relative.js';
import { answer } from '../../../src/operators/answer.js';
import { accepted } from '../../../src/operators/flow.js';
import { SILENT } from '../../../src/operators/probe.js';
import type { Context } from '../../../src/streams/context.js';
import { models } from '../../../src/streams/models.js';
import { EMPTY_RECORD } from '../../support/emptyRecord.js';
import { laggingView } from '../../support/laggingView.js';
import { NO_CHECKPOINTS } from '../../support/processing.js';

const CAT = normalised(Float32Array.of(1, 0, 0, 0));
const DOG = normalised(Float32Array.of(0, 1, 0, 0));
const MODEL: ModelVersion = {
  version: 'v1',
  task: 't1',
  classes: ['cat', 'dog'],
  checkpoint: 'memory:v1',
  sha256: '0'.repeat(64),
  dimension: 4,
  backend: 'cpu',
};

const learned = (name: string, centroid: Float32Array): ClassRecord => ({
  name,
  state: 'learned',
  task: 't1',
  count: 1,
  centroid,
});

/** Each of these was once answered from what a worker knew, not from what was. */
const ANSWERING = { strategy: 'masked', guard: true, topK: 5, seed: 1, probe: SILENT, batchSize: 8 } as const;
const unasked = async (): Promise<never> => {
  throw new Error('the model that classified is the one that the registry names');
};

describe('over a store that others changed', () => {
  let store: KnowledgeStore;
  /** This worker's: it knows of what happened before the test begins. */
  let view: KnowledgeStore;
  beforeEach(async () => {
    store = createMemoryStore({ dimension: 4 });
    await store.vectors.upsert('cil', [
      { id: 'c1', className: 'cat', task: 't1', vector: CAT },
      { id: 'd1', className: 'dog', task: 't1', vector: DOG },
    ]);
    await store.registry.update(() => ({ put: [learned('cat', CAT), learned('dog', DOG)], model: MODEL }));
    view = laggingView(store);
  });
  afterEach(() => store.close());

  const forgetCat = () =>
    unlearnClasses({ id: 'u1', classes: ['cat'], position: 'commands/0/1' }, store, performance.now());

  it('an answer names no class that another worker unlearned after its query was classified', async () => {
    const predicted = {
      id: 'q1',
      message: { id: 'q1', payload: { kind: 'vector' as const, vector: CAT } },
      vector: CAT,
      assessment: { filtered: false, unlearnedSimilarity: null, remainingSimilarity: null },
      model: { version: 'v1', classes: MODEL.classes },
      logits: Float32Array.of(9, 1),
    };
    await forgetCat();
    expect(view.registry.snapshot().classes.get('cat')?.state).toBe('learned');
    const answered = await firstValueFrom(
      of(accepted(predicted, EMPTY_RECORD)).pipe(
        answer({ ...ANSWERING, registry: view.registry, current: unasked }),
      ),
    );
    expect(answered).toMatchObject({
      ok: true,
      value: { label: 'dog', registryVersion: store.registry.snapshot().version },
    });
  });

  it('an answer is made by the model that the registry names, whatever was current when the query came', async () => {
    const predicted = {
      id: 'q1',
      message: { id: 'q1', payload: { kind: 'vector' as const, vector: CAT } },
      vector: CAT,
      assessment: { filtered: false, unlearnedSimilarity: null, remainingSimilarity: null },
      model: { version: 'v1', classes: MODEL.classes },
      logits: Float32Array.of(1, 9),
    };
    await store.registry.update(() => ({ model: { ...MODEL, version: 'v2' } }));
    let asked = 0;
    // A newer one is named while the query is classified anew.
    const current = async (): Promise<Classifier> => {
      const { version } = store.registry.snapshot().model ?? MODEL;
      return {
        ...{
          version,
          classes: MODEL.classes,
          dimension: CAT.length,
          backend: 'cpu',
          dispose: () => undefined,
        },
        logits: async () => {
          if (asked++ === 0) await store.registry.update(() => ({ model: { ...MODEL, version: 'v3' } }));
          return Float32Array.of(9, 1);
        },
      };
    };
    const answered = await firstValueFrom(
      of(accepted(predicted, EMPTY_RECORD)).pipe(answer({ ...ANSWERING, registry: view.registry, current })),
    );
    expect(answered).toMatchObject({ ok: true, value: { label: 'cat', modelVersion: 'v3' } });
    expect(asked).toBe(2);
  });

  it('the screen decides at the level that another worker calibrated last', async () => {
    await forgetCat();
    const options = { filter: relativeFilter(1), specificity: 0.9, heldOut: 5, seed: 1 };
    const screen = createScreen(view, options);
    const between = normalised(Float32Array.of(1, 0.9, 0, 0));
    const filteredAt = async (level: number): Promise<boolean | undefined> => {
      await store.registry.update(() => ({ filterLevel: { filter: 'relative', level } }));
      return (await screen.assess([between]))[0]?.filtered;
    };
    expect([await filteredAt(-1), await filteredAt(1), await filteredAt(-1)]).toEqual([true, false, true]);
  });

  it('a model that was superseded while it was loaded is not put in the place of the newer one', async () => {
    const stop = new Subject<void>();
    const current = new BehaviorSubject<Classifier | null>(null);
    const seen: string[] = [];
    current.subscribe((classifier) => classifier && seen.push(classifier.version));
    let finishLoading = (): void => undefined;
    const firstLoads = new Promise<void>((resolve) => {
      finishLoading = resolve;
    });
    const loading: string[] = [];
    const disposed: string[] = [];
    const load = async ({ version, classes }: ModelVersion): Promise<Classifier> => {
      loading.push(version);
      if (version === 'v1') await firstLoads;
      return {
        version,
        classes,
        dimension: 4,
        backend: 'cpu',
        logits: async () => new Float32Array(0),
        dispose: () => void disposed.push(version),
      };
    };
    const context: Pick<Context, 'store' | 'current' | 'load' | 'checkpoints' | 'stop'> = {
      store: view,
      current,
      load,
      checkpoints: NO_CHECKPOINTS,
      stop,
    };
    const following = models(context, { asked: EMPTY, over: stop }).subscribe();
    await expect.poll(() => loading).toEqual(['v1']);
    await store.registry.update(() => ({ model: { ...MODEL, version: 'v2' } }));
    // A query asks for the registry meanwhile.
    await view.registry.refresh();
    finishLoading();
    await expect.poll(() => seen.at(-1)).toBe('v2');
    expect([seen, disposed]).toEqual([['v2'], ['v1']]);
    stop.next();
    following.unsubscribe();
  });

  it('a class of which nothing is left is not relearned: no vector could tell what it is', async () => {
    await forgetCat();
    await store.vectors.withdraw(['c1']);
    const again = relearnClasses({ id: 'r1', classes: ['cat'], position: 'commands/0/2' }, view, 0);
    await expect(again).rejects.toMatchObject({ code: 'class-not-learned', field: 'classes.0' });
    expect((await store.registry.refresh()).classes.get('cat')?.state).toBe('unlearned');
  });
});
