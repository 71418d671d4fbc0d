import { expect, it } from 'vitest';
import type { Assessment } from '../../../src/model/answer/answer.js';
import { filterUnlearned } from '../../../src/operators/filterUnlearned.js';
import { allAccepted, notingProbe, shown, through } from '../../support/flows.js';
import { near } from '../../support/knowledge.js';

it('each message is assessed by its own vector, a batch at once', async () => {
  const { probe, noted } = notingProbe();
  const batches: number[] = [];
  const assess = async (vectors: readonly Float32Array[]): Promise<Assessment[]> => {
    batches.push(vectors.length);
    return vectors.map((vector) => ({
      filtered: (vector[0] ?? 0) > 0.5,
      unlearnedSimilarity: vector[0] ?? null,
      remainingSimilarity: null,
    }));
  };
  const messages = [0, 1, 0].map((axis, index) => ({ name: `m${index}`, vector: near(axis) }));
  const results = await through(allAccepted(messages), filterUnlearned({ assess }, { batchSize: 2, probe }));
  expect(batches).toEqual([2, 1]);
  expect(noted).toEqual(['filter 0,1', 'filter 2']);
  expect(shown(results)).toMatchObject([
    { name: 'm0', assessment: { filtered: true, unlearnedSimilarity: 1 } },
    { name: 'm1', assessment: { filtered: false } },
    { name: 'm2', assessment: { filtered: true } },
  ]);
});
