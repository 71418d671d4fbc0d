import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import type { ClassRecord, ClassState } from '../../../src/domain/classes.js';
import type { Sample } from '../../../src/domain/messages/sample.js';
import { unlearnClasses } from '../../../src/forgetting/migrateClasses.js';
import type { Embedded } from '../../../src/inputs/embedInputs.js';
import { accepted, type Flow } from '../../../src/operators/flow.js';
import { SILENT } from '../../../src/operators/probe.js';
import { storeVectors } from '../../../src/operators/storeVectors.js';
import { EMPTY_RECORD } from '../../support/emptyRecord.js';
import { notingProbe, through } from '../../support/flows.js';
import { around } from '../../support/processing.js';

function sample(id: string, label: string): Flow<Embedded<Sample>> {
  const vector = around(0, 1);
  const message = { id, label, task: 't1', payload: { kind: 'vector' as const, vector } };
  return accepted({ message, vector }, EMPTY_RECORD);
}

async function storeWith(state: 'learning' | 'learned'): Promise<KnowledgeStore> {
  const store = createMemoryStore({ dimension: 12 });
  await store.registry.update(() => ({
    put: [{ name: 'cat', state, task: 't1', count: 0, centroid: around(0, 0) }],
  }));
  return store;
}

describe('storeVectors', () => {
  it('keeps a sample out whose class is unlearned while the sample is being looked up', async () => {
    const store = await storeWith('learning');
    const { vectors } = store;
    const lookUp = vectors.get.bind(vectors);
    let looked = false;
    vectors.get = async (ids) => {
      if (!looked) await unlearnClasses({ id: 'u1', classes: ['cat'], position: 'c/0/0' }, store, 0);
      looked = true;
      return lookUp(ids);
    };
    const stored = await firstValueFrom(
      of(sample('late', 'cat')).pipe(storeVectors(store, { batchSize: 8, probe: SILENT })),
    );
    expect(stored).toMatchObject({ ok: false, error: { code: 'class-unlearned' } });
    expect(await vectors.count()).toBe(0);
  });

  it('refuses a sample that reuses an id within one batch', async () => {
    const store = await storeWith('learning');
    const results: Flow<unknown>[] = [];
    await of(sample('same', 'cat'), sample('same', 'dog'))
      .pipe(storeVectors(store, { batchSize: 8, probe: SILENT }))
      .forEach((result) => {
        results.push(result);
      });
    expect(results[0]).toMatchObject({ ok: true, value: { fresh: true } });
    expect(results[1]).toMatchObject({ ok: false });
  });

  const storing = async (store: KnowledgeStore, ...samples: Flow<Embedded<Sample>>[]) => {
    const { probe, noted } = notingProbe();
    return { results: await through(samples, storeVectors(store, { batchSize: 8, probe })), noted };
  };
  const recordOf = (name: string, state: ClassState, task = 't1'): ClassRecord => {
    return { name, state, task, count: 1, centroid: null };
  };
  const changed = (flow: Flow<Embedded<Sample>>, message: Partial<Sample>, vector = around(0, 1)) =>
    flow.ok ? accepted({ message: { ...flow.value.message, ...message }, vector }, flow.source) : flow;

  it('stores the sample with its class, task and subject, and tells that it is new', async () => {
    const store = await storeWith('learning');
    const { results, noted } = await storing(
      store,
      changed(sample('a', 'cat'), { subject: 'ann' }),
      sample('b', 'cat'),
    );
    expect(results).toMatchObject([
      { ok: true, value: { id: 'a', task: 't1', fresh: true } },
      { ok: true, value: { id: 'b', task: 't1', fresh: true } },
    ]);
    expect(await store.vectors.get(['a'])).toMatchObject([
      { id: 'a', className: 'cat', task: 't1', vector: around(0, 1), database: 'cil' },
    ]);
    expect(await store.vectors.idsOf('ann')).toEqual(['a']);
    expect(noted).toEqual(['store 0,0']);
  });

  it('takes the very same sample for a redelivery, however its last bits came out', async () => {
    const store = await storeWith('learning');
    const again = around(0, 1).map((value) => value + 1e-6);
    const first = await storing(store, sample('a', 'cat'), sample('a', 'cat'));
    expect(first.results).toMatchObject([{ value: { fresh: true } }, { value: { fresh: false } }]);
    const { version } = store.registry.snapshot();
    const second = await storing(store, changed(sample('a', 'cat'), {}, again));
    expect(second.results).toMatchObject([{ value: { fresh: false } }]);
    expect([await store.vectors.count(), store.registry.snapshot().version]).toEqual([1, version]);
  });

  it('refuses an id that names another sample: of another class, task or content', async () => {
    const store = await storeWith('learning');
    await storing(store, sample('a', 'cat'), changed(sample('b', 'bird'), { task: 't9' }));
    const { results } = await storing(
      store,
      changed(sample('b', 'dog'), { task: 't9' }),
      changed(sample('b', 'bird'), { task: 't8' }),
      changed(sample('a', 'cat'), {}, around(1, 1)),
    );
    const refused = { ok: false, error: { code: 'duplicate-id', field: 'id' } };
    expect(results).toMatchObject([refused, refused, refused]);
    expect(results[0]).toMatchObject({
      error: { value: 'b', remedy: expect.stringContaining('class "bird"') },
    });
  });

  it('keeps out what was unlearned, by id', async () => {
    const store = await storeWith('learning');
    await storing(store, sample('a', 'cat'));
    await store.vectors.withdraw(['a']);
    const { results } = await storing(store, sample('a', 'cat'), sample('b', 'cat'));
    expect(results).toMatchObject([
      { ok: false, error: { code: 'sample-unlearned', field: 'id', value: 'a' } },
      { ok: true, value: { id: 'b' } },
    ]);
  });

  it('keeps out samples of classes that are learned or forgotten, and of those that another task learns', async () => {
    const store = await storeWith('learned');
    await store.registry.update(() => ({
      put: [recordOf('dog', 'unlearned'), recordOf('bird', 'erased'), recordOf('fox', 'learning', 't2')],
    }));
    const names = ['cat', 'dog', 'bird', 'fox'];
    const { results } = await storing(store, ...names.map((name) => sample(name, name)));
    expect(results.map((each) => each.ok || [each.error.code, each.error.field])).toEqual([
      ['class-known', 'label'],
      ['class-unlearned', 'label'],
      ['class-erased', 'label'],
      ['class-known', 'label'],
    ]);
    expect(await store.vectors.count()).toBe(0);
  });

  it('keeps out a class that the learn command of its task did not name; before any command all may come', async () => {
    const store = await storeWith('learning');
    const { results } = await storing(
      store,
      sample('a', 'dog'),
      changed(sample('b', 'dog'), { task: 't2' }),
      sample('c', 'cat'),
    );
    expect(results).toMatchObject([
      { ok: false, error: { code: 'unknown-class', field: 'label', value: 'dog' } },
      { ok: true },
      { ok: true },
    ]);
  });

  it('stores a sample under the name that its class was learned by, where the two look the same', async () => {
    const store = await storeWith('learning');
    await store.registry.update(() => ({ put: [recordOf('cafe\u0301', 'learning')] }));
    await storing(store, sample('a', 'caf\u00e9'));
    expect(await store.vectors.get(['a'])).toMatchObject([{ className: 'cafe\u0301' }]);
  });
});
