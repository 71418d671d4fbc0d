import { firstValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Sample } from '../../../src/domain/messages/sample.js';
import type { LogRecord } from '../../../src/domain/record.js';
import type { Embedded } from '../../../src/operators/embed.js';
import { accepted, type Flow } from '../../../src/operators/flow.js';
import { unlearnClasses } from '../../../src/operators/migrateClasses.js';
import { SILENT } from '../../../src/operators/probe.js';
import { storeVectors } from '../../../src/operators/storeVectors.js';
import type { KnowledgeStore } from '../../../src/stores/knowledgeStore.js';
import { createMemoryStore } from '../../../src/stores/memory/createMemoryStore.js';
import { around } from '../../support/processing.js';

const source: LogRecord = {
  topic: 'samples',
  partition: 0,
  offset: 0n,
  key: null,
  value: Buffer.alloc(0),
  headers: {},
  timestamp: 0,
};

function sample(id: string, label: string): Flow<Embedded<Sample>> {
  const vector = around(0, 1);
  const message = { id, label, task: 't1', payload: { kind: 'vector' as const, vector } };
  return accepted({ message, vector }, source);
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
});
