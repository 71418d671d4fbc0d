import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KnowledgeStore } from '../../../src/adapters/knowledgeStore.js';
import { createMemoryStore } from '../../../src/adapters/memory/store/createMemoryStore.js';
import type { ModelVersion } from '../../../src/domain/messages/model.js';
import { normalised } from '../../../src/domain/vector.js';
import { answerTo } from '../../../src/model/answer/answer.js';
import { argmaxOf } from '../../../src/model/answer/softmax.js';
import { loadClassifier } from '../../../src/model/loadClassifier.js';
import { randomOf } from '../../../src/model/ssre/random.js';
import { createTrainer } from '../../../src/model/training/trainer.js';
import { anamnesisIndex, verificationText } from '../../../src/verification/report.js';
import { type Verification, verifyClass } from '../../../src/verification/verifyClass.js';
import { smallConfig } from '../model/ssre/support.js';

const DIMENSION = 16;
const CLASSES = ['cat', 'dog', 'frog'];
const PER_CLASS = 60;

/** Three overlapping clouds of unit vectors; any other class lies where the dogs are. */
function vectorOf(name: string, index: number): Float32Array {
  if (!CLASSES.includes(name)) return vectorOf('dog', index + 5000);
  const random = randomOf(index, CLASSES.indexOf(name));
  const vector = Float32Array.from({ length: DIMENSION }, () => 0.35 * random.normal());
  vector[4 * CLASSES.indexOf(name)] = (vector[4 * CLASSES.indexOf(name)] as number) + 1;
  return normalised(vector);
}

describe('verifying a class', () => {
  let folder = '';
  let store: KnowledgeStore;
  const newTrainer = (seed: number) =>
    createTrainer({
      checkpoints: join(folder, String(seed)),
      backend: 'cpu',
      ssre: smallConfig({ seed }),
      dimension: DIMENSION,
      threads: 1,
    });
  const load = (model: ModelVersion) => loadClassifier(model, { backend: 'cpu' });
  const test = CLASSES.flatMap((label) =>
    Array.from({ length: 40 }, (_, i) => ({ label, vector: vectorOf(label, 1000 + i) })),
  );
  const verified = (members?: readonly Float32Array[]): Promise<Verification> =>
    verifyClass(
      { store, live: load, load, newTrainer },
      { className: 'cat', test, seeds: [1, 2], ...(members && { members }) },
    );
  const modelOf = async (classes: readonly string[]): Promise<ModelVersion> => {
    const trainer = await newTrainer(77);
    const rows = classes.flatMap((name) => Array.from({ length: PER_CLASS }, (_, i) => vectorOf(name, i)));
    const model = await trainer.train(
      {
        task: `t-${classes.length}`,
        classes,
        vectors: Float32Array.from(rows.flatMap((row) => [...row])),
        labels: Int32Array.from(rows, (_, row) => Math.floor(row / PER_CLASS)),
        unlearned: [],
      },
      () => undefined,
    );
    await trainer.close();
    return model;
  };
  const members = Array.from({ length: PER_CLASS }, (_, i) => vectorOf('cat', i));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-verification-'));
    store = createMemoryStore({ dimension: DIMENSION });
    for (const name of CLASSES) {
      const records = Array.from({ length: PER_CLASS }, (_, i) => ({
        id: `${name}-${i}`,
        className: name,
        task: 't',
        vector: vectorOf(name, i),
      }));
      await store.vectors.upsert(name === 'cat' ? 'mu' : 'cil', records);
    }
    const rest = { task: 't', count: PER_CLASS, centroid: null };
    const model = await modelOf(CLASSES);
    await store.registry.update(() => ({
      model,
      put: CLASSES.map((name) => ({ name, state: name === 'cat' ? 'unlearned' : 'learned', ...rest })),
    }));
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('finds what is left of an unlearned class, and nothing of an erased one', async () => {
    const hidden = await verified();
    expect(hidden.state).toBe('unlearned');
    expect(hidden.live.unmasked).toBeGreaterThan(70);
    expect(hidden.live.relearning).toBe(0);
    expect(anamnesisIndex(hidden)).toBe(0);
    expect(hidden.live.nearestStored).toBe(1);
    for (const retrained of hidden.retrained) {
      expect(retrained.unmasked).toBe(0);
      expect(retrained.relearning).toBeGreaterThan(0);
      expect(retrained.nearestStored).toBeLessThan(0.7);
    }
    expect(verificationText(hidden)).toContain('Not true: the weights forgot it');

    await store.vectors.delete({ classes: ['cat'] });
    const model = await modelOf(['dog', 'frog']);
    await store.registry.update(({ classes }) => ({
      model,
      put: [
        { ...(classes.get('cat') as NonNullable<ReturnType<typeof classes.get>>), state: 'erased', count: 0 },
      ],
    }));
    const erased = await verified(members);
    expect(erased.live.unmasked).toBe(0);
    expect(erased.live.nearestStored).toBe(erased.retrained[0]?.nearestStored);
    const spread = erased.retrained.map(({ membership }) => membership);
    expect(Math.abs(erased.live.membership - (spread[0] as number))).toBeLessThan(0.1);
    expect(anamnesisIndex(erased)).toBeGreaterThan(0.5);
  });

  it('masks whatever is forgotten, as answers do: not the class alone that it looks at', async () => {
    const all = [...CLASSES, 'wolf'];
    const deployment = createMemoryStore({ dimension: DIMENSION });
    const isForgotten = (name: string): boolean => ['cat', 'wolf'].includes(name);
    for (const name of all) {
      const records = Array.from({ length: PER_CLASS }, (_, i) => ({
        id: `${name}-${i}`,
        className: name,
        task: 't',
        vector: vectorOf(name, i),
      }));
      await deployment.vectors.upsert(isForgotten(name) ? 'mu' : 'cil', records);
    }
    const model = await modelOf(all);
    const snapshot = await deployment.registry.update(() => ({
      model,
      put: all.map((name) => ({
        name,
        state: isForgotten(name) ? 'unlearned' : 'learned',
        task: 't',
        count: PER_CLASS,
        centroid: vectorOf(name, 0),
      })),
    }));
    const { live } = await verifyClass(
      { store: deployment, live: load, load, newTrainer },
      { className: 'cat', test, seeds: [1] },
    );
    const others = test.filter(({ label }) => label !== 'cat');
    const classifier = await load(model);
    const answers = { strategy: 'masked', guard: true, topK: 1 } as const;
    const assessment = { filtered: false, unlearnedSimilarity: null, remainingSimilarity: null };
    const unmasked: boolean[] = [];
    const right: boolean[] = [];
    for (const { label, vector } of others) {
      const logits = await classifier.logits(vector);
      const question = {
        vector,
        logits,
        modelClasses: model.classes,
        random: 0,
        assessment,
      };
      right.push(answerTo(question, snapshot, answers).label === label);
      const without = [...model.classes.keys()].filter((row) => model.classes[row] !== 'cat');
      unmasked.push(model.classes[argmaxOf(logits, without)] === label);
    }
    const share = (all: readonly boolean[]): number => (100 * all.filter(Boolean).length) / others.length;
    expect(live.remaining).toBe(share(right));
    expect(live.remaining).toBeGreaterThan(share(unmasked) + 5);
    classifier.dispose();
    await deployment.close();
  });

  it('needs test inputs of the class and of others', async () => {
    const only = test.filter(({ label }) => label === 'dog');
    await expect(
      verifyClass({ store, live: load, load, newTrainer }, { className: 'cat', test: only, seeds: [1] }),
    ).rejects.toMatchObject({ code: 'invalid-message', field: 'test' });
    await expect(
      verifyClass({ store, live: load, load, newTrainer }, { className: 'bird', test, seeds: [1] }),
    ).rejects.toMatchObject({ code: 'unknown-class' });
  });
});
