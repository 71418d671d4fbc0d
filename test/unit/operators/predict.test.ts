import { expect, it } from 'vitest';
import type { Classifier } from '../../../src/model/classifier.js';
import { predict } from '../../../src/operators/predict.js';
import { allAccepted, notingProbe, shown, through } from '../../support/flows.js';
import { DIMENSION, near } from '../../support/knowledge.js';

/** Gives the first two components of each vector as logits. */
function classifier(version: string): Classifier {
  return {
    version,
    classes: ['cat', 'dog'],
    dimension: DIMENSION,
    backend: 'cpu',
    dispose: () => undefined,
    logits: async (vectors) =>
      Float32Array.from({ length: vectors.length / 2 }, (_, i) => vectors[4 * (i >> 1) + (i % 2)] ?? 0),
  };
}
const messages = [
  { name: 'a', vector: near(0) },
  { name: 'b', vector: near(1) },
];

it('each message gets the logits of its own vector, by the model that is current', async () => {
  const { probe, noted } = notingProbe();
  const model = classifier('v2');
  const results = await through(
    allAccepted(messages),
    predict(async () => model, { batchSize: 8, probe }),
  );
  expect(shown(results)).toEqual([
    { ...messages[0], model, logits: Float32Array.of(1, 0) },
    { ...messages[1], model, logits: Float32Array.of(0, 1) },
  ]);
  expect(noted).toEqual(['predict 0,1']);
});

it('before the first model every message is refused, and may be sent again', async () => {
  const { probe, noted } = notingProbe();
  const results = await through(
    allAccepted(messages),
    predict(async () => null, { batchSize: 8, probe }),
  );
  expect(results).toMatchObject([
    { ok: false, error: { code: 'no-model', retriable: true } },
    { ok: false, error: { code: 'no-model' } },
  ]);
  expect(noted).toEqual([]);
});
