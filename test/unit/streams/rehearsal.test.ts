import { describe, expect, it } from 'vitest';
import { centroidTraining } from '../../support/centroidTrainer.js';
import { PATCH_DIMENSION } from '../../support/patchEmbedder.js';
import { learn, startProcessing } from '../../support/processing.js';

/** The real pipeline with a trainer that notes what it is given, and wants so many vectors of each class known before. */
function rehearsing(perClass: number) {
  const training = centroidTraining(PATCH_DIMENSION);
  const trainer = { ...training.trainer, rehearsal: { perClass, seed: 1 } };
  return { training, processing: startProcessing({ training: { ...training, trainer } }) };
}

describe('what a task is rehearsed with', () => {
  it('are vectors of every class learned before, as many as the trainer wants, and none of an unlearned one', async () => {
    const { training, processing } = rehearsing(6);
    await learn(processing, 'first', { cat: 0, dog: 1, ship: 2 });
    await processing.command({ id: 'u', kind: 'unlearn', classes: ['dog'] });
    await processing.event('unlearned');
    await learn(processing, 'second', { frog: 3 });
    await processing.stop();

    const [first, second] = training.trained;
    expect(first?.rehearsal).toBeUndefined();
    expect(second?.rehearsal?.classes).toEqual(['cat', 'ship']);
    expect([...(second?.rehearsal?.labels ?? [])]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
    // A class's vectors have their largest component on its own axis; dog's is the second.
    const { vectors } = second?.rehearsal ?? { vectors: new Float32Array() };
    const axes = Array.from({ length: 12 }, (_, row) => {
      const vector = vectors.subarray(row * PATCH_DIMENSION, (row + 1) * PATCH_DIMENSION);
      return vector.indexOf(Math.max(...vector));
    });
    expect(axes).toEqual([0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2]);
    expect(second?.unlearned).toEqual(['dog']);
  });

  it('is nothing where all that was learned before is unlearned', async () => {
    const { training, processing } = rehearsing(6);
    await learn(processing, 'first', { cat: 0 });
    await processing.command({ id: 'u', kind: 'unlearn', classes: ['cat'] });
    await processing.event('unlearned');
    await learn(processing, 'second', { frog: 3 });
    await processing.stop();
    expect(training.trained.at(-1)?.rehearsal).toBeUndefined();
  });
});
