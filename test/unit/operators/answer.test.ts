import { describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import type { Answerable } from '../../../src/answering/answerQueries.js';
import { uniformFor } from '../../../src/model/answer/draw.js';
import { answer } from '../../../src/operators/answer.js';
import type { Flow } from '../../../src/operators/flow.js';
import { accepted } from '../../../src/operators/flow.js';
import { fakeModels } from '../../support/fakeModels.js';
import { notingProbe, recordAt, through } from '../../support/flows.js';
import { modelOf, near, recordOf, storeOf } from '../../support/knowledge.js';

const MODEL = modelOf('v1', 'cat', 'dog');
const known = () =>
  storeOf({
    classes: [recordOf('cat', { centroid: near(0) }), recordOf('dog', { centroid: near(1) })],
    model: MODEL,
  });
/** A query near cat's axis that model v1 takes for a cat. */
const query = (id: string, changes: Partial<Answerable['message']> = {}): Answerable => ({
  message: { id, payload: { kind: 'vector', vector: near(0) }, ...changes },
  vector: near(0),
  assessment: { filtered: false, unlearnedSimilarity: null, remainingSimilarity: null },
  model: MODEL,
  logits: Float32Array.of(2, 1),
});

const never = () => Promise.reject(new Error('asked for a model'));

async function answered(
  { registry }: KnowledgeStore,
  queries: readonly Answerable[],
  {
    current = never,
    strategy = 'nearest',
  }: { current?: () => Promise<never | null>; strategy?: 'nearest' | 'uniform' } = {},
) {
  const { probe, noted } = notingProbe();
  const items = queries.map(
    (each, index): Flow<Answerable> => accepted(each, recordAt(index, { timestamp: Date.now() - 1000 })),
  );
  const options = {
    registry,
    current,
    seed: 3,
    strategy,
    guard: true,
    topK: 5,
    probe,
    batchSize: 8,
  } as const;
  return { results: await through(items, answer(options)), noted };
}

describe('answers', () => {
  it('divide the logits by the temperature factor of their model', async () => {
    const scaled = { ...query('q2'), model: { ...MODEL, temperatureFactor: 2 } };
    const { results } = await answered(await known(), [query('q1'), scaled]);
    const certainties = results.map((result) => result.ok && result.value.probabilities[0]?.probability);
    expect(certainties).toEqual([1, 0.5].map((gap) => expect.closeTo(1 / (1 + Math.exp(-gap)), 6)));
  });

  it('name the model and the registry that they rest on, and how long they took', async () => {
    const store = await known();
    const { results, noted } = await answered(store, [query('q1', { truth: 'cat' }), query('q2')]);
    expect(results).toMatchObject([
      {
        ok: true,
        value: {
          queryId: 'q1',
          label: 'cat',
          route: 'model',
          modelVersion: 'v1',
          registryVersion: store.registry.snapshot().version,
          truth: 'cat',
        },
      },
      { ok: true, value: { queryId: 'q2', label: 'cat' } },
    ]);
    const [first, second] = results;
    expect(first?.ok && first.value.latencyMs).toBeGreaterThanOrEqual(1000);
    expect(first?.ok && first.value.latencyMs).toBeLessThan(60_000);
    expect(second?.ok && second.value).not.toHaveProperty('truth');
    expect(noted).toEqual(['answer 0,1']);
  });

  it('are refused one by one where no class is left to answer with', async () => {
    const store = await storeOf({ classes: [recordOf('cat', { state: 'unlearned' })], model: MODEL });
    const { results } = await answered(store, [query('q1'), query('q2')]);
    expect(results).toMatchObject([
      { ok: false, error: { code: 'no-model' } },
      { ok: false, error: { code: 'no-model' } },
    ]);
  });

  it('are refused where the registry names a model that is not there', async () => {
    const store = await storeOf({ classes: [recordOf('cat', { centroid: near(0) })] });
    const { results } = await answered(store, [query('q1'), query('q2')], { current: async () => null });
    expect(results).toMatchObject([
      { ok: false, error: { code: 'no-model' } },
      { ok: false, error: { code: 'no-model' } },
    ]);
  });

  it('are made again where one query of a batch was classified by an older model', async () => {
    const store = await known();
    await store.registry.update(() => ({ model: { ...MODEL, version: 'v2' } }));
    const newer = await fakeModels((_, vectors) =>
      Float32Array.from({ length: vectors.length / 2 }, (_each, i) => i % 2),
    ).load({ ...MODEL, version: 'v2' });
    const { registry } = store;
    const { probe } = notingProbe();
    const items = [query('q1'), { ...query('q2'), model: newer }].map((each, index) =>
      accepted(each, recordAt(index)),
    );
    const options = {
      registry,
      current: async () => newer,
      seed: 3,
      strategy: 'nearest',
      guard: true,
      topK: 5,
    } as const;
    const results = await through(items, answer({ ...options, probe, batchSize: 8 }));
    expect(results).toMatchObject([
      { value: { queryId: 'q1', label: 'dog', modelVersion: 'v2' } },
      { value: { queryId: 'q2', label: 'dog', modelVersion: 'v2' } },
    ]);
  });

  it('by a strategy that draws depend on seed and query alone', async () => {
    const store = await known();
    const stopped = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => {
      const each = query(id);
      return { ...each, assessment: { ...each.assessment, filtered: true } };
    });
    const { results } = await answered(store, stopped, { strategy: 'uniform' });
    expect(results.map((each) => each.ok && each.value.label)).toEqual(
      stopped.map(({ message }) => (uniformFor(3, message.id) < 0.5 ? 'cat' : 'dog')),
    );
  });
});
