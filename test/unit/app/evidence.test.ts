import { BehaviorSubject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import { classEvidence, type EvidenceSources } from '../../../src/app/evidence.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import type { Classifier } from '../../../src/model/classifier.js';
import type { Settings } from '../../../src/streams/context.js';
import { around, memoryLog, NO_CHECKPOINTS } from '../../support/processing.js';

async function deployment() {
  const store = createMemoryStore({ dimension: 12 });
  const record = { name: 'cat', task: 't', count: 0, centroid: null } as const;
  await store.registry.update(() => ({ put: [{ ...record, state: 'erased' }] }));
  const sources: EvidenceSources = {
    worker: 'here',
    store,
    checkpoints: { ...NO_CHECKPOINTS, knowing: async () => ({ kept: 3, knowing: ['v1'] }) },
    current: new BehaviorSubject<Classifier | null>(null),
    log: memoryLog(),
    topics: topicsUnder('test.'),
    settings: { rebuild: { deleteSamples: false } } as Settings,
  };
  return { store, sources };
}

describe('the evidence of a class', () => {
  it('is what the databases hold, whatever the registry says', async () => {
    const { store, sources } = await deployment();
    await store.vectors.upsert('mu', [{ id: 'a', className: 'cat', task: 't', vector: around(0, 1) }]);
    await store.vectors.upsert('cil', [{ id: 'b', className: 'dog', task: 't', vector: around(1, 1) }]);
    expect(await classEvidence('cat', sources)).toMatchObject({
      class: 'cat',
      worker: 'here',
      state: 'erased',
      vectors: { cil: 0, mu: 1 },
      checkpoints: { kept: 3, knowing: ['v1'] },
      registryVersion: 1,
    });
    expect(await classEvidence('dog', sources)).toMatchObject({ state: null, vectors: { cil: 1, mu: 0 } });
  });

  it('is of one version of the registry: a change in between has it looked for again', async () => {
    const { store, sources } = await deployment();
    let looks = 0;
    const changing = (times: number): EvidenceSources => ({
      ...sources,
      checkpoints: {
        ...NO_CHECKPOINTS,
        knowing: async () => {
          if (looks++ < times) await store.registry.update(() => ({ knownLevel: looks }));
          return { kept: 0, knowing: [] };
        },
      },
    });
    expect(await classEvidence('cat', changing(2))).toMatchObject({ registryVersion: 3 });
    expect(looks).toBe(3);
    looks = 0;
    await expect(classEvidence('cat', changing(100))).rejects.toMatchObject({
      code: 'overloaded',
      retriable: true,
    });
  });
});
