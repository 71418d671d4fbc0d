import { expect, it } from 'vitest';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import { tensorClassifier } from '../../../../src/model/tensorflow/tensorClassifier.js';

it('ends what it computes, with its tensors, where it is disposed of meanwhile', async () => {
  const { tf, backend } = await loadTensorflow('auto');
  const weights = tf.tensor2d([1, 0, 0, 2], [2, 2]);
  const classifier = tensorClassifier(tf, {
    version: 'v1',
    classes: ['cat', 'dog'],
    dimension: 2,
    backend,
    width: 2,
    featuresOf: (vectors) => vectors,
    logitsOf: (features) => tf.matMul(features, weights),
    tensors: [weights],
  });
  const rows = 1000;
  const vectors = Float32Array.from({ length: rows * 2 }, (_, index) => index);
  const computing = classifier.logits(vectors);
  classifier.dispose();
  expect(await computing).toEqual(vectors.map((value, index) => (index % 2 === 0 ? value : 2 * value)));
  expect(weights.isDisposed).toBe(true);
  await expect(classifier.logits(vectors)).rejects.toMatchObject({ code: 'internal' });
});
