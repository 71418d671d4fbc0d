import { randomOf } from 'lethe/internal/model/ssre/random.js';
import { loadTensorflow } from 'lethe/internal/model/tensorflow/loadTensorflow.js';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../../../test/unit/model/ssre/support.js';
import {
  CHANNEL_DEVIATIONS,
  CHANNEL_MEANS,
  drawViews,
  imagesOf,
  standardisedPlanes,
  type View,
} from '../../../src/imageSsre/augmentation.js';
import { randomImages, SIDE } from './support.js';

const { tf } = await loadTensorflow('cpu');
await tf.setBackend('cpu');
const images = randomImages(2, randomOf(1));
const plane = SIDE * SIDE;

/** The byte of the second image under this view, and what stands for it in the tensor. */
function expectSeen(view: View): void {
  const seen = imagesOf(tf, images, SIDE, Uint32Array.of(1), () => view).dataSync();
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const fromY = y + view.down;
      const fromX = (view.mirrored ? SIDE - 1 - x : x) + view.right;
      const inside = fromY >= 0 && fromY < SIDE && fromX >= 0 && fromX < SIDE;
      for (let channel = 0; channel < 3; channel++) {
        const byte = inside ? (images[(3 + channel) * plane + fromY * SIDE + fromX] as number) : 0;
        const wanted = (byte - (CHANNEL_MEANS[channel] ?? 0)) / (CHANNEL_DEVIATIONS[channel] ?? 1);
        expect(seen[(y * SIDE + x) * 3 + channel]).toBeCloseTo(wanted, 5);
      }
    }
  }
}

describe('augmentation', () => {
  it('moves an image over black, and mirrors it', () => {
    expectSeen({ down: 0, right: 0, mirrored: false });
    expectSeen({ down: 3, right: -2, mirrored: false });
    expectSeen({ down: -1, right: 2, mirrored: true });
  });

  it('draws every place of the crop and both sides, the same for the same seed', () => {
    const views = drawViews(500, { padding: 2, flip: true }, randomOf(7));
    expect(drawViews(500, { padding: 2, flip: true }, randomOf(7))).toEqual(views);
    const distinct = new Set(views.map(({ down, right, mirrored }) => `${down} ${right} ${mirrored}`));
    expect(distinct.size).toBe(50);
    const plain = drawViews(9, { padding: 0, flip: false }, randomOf(7));
    expect(new Set(plain.map(({ down, right, mirrored }) => `${down} ${right} ${mirrored}`))).toEqual(
      new Set(['0 0 false']),
    );
  });

  it('standardises images on the device as those from the host', () => {
    const planes = tf.tensor2d(Float32Array.from(images), [2, 3 * plane]);
    const host = imagesOf(tf, images, SIDE, Uint32Array.of(0, 1));
    expect(largestDifference(standardisedPlanes(tf, planes, SIDE).dataSync(), host.dataSync())).toBeLessThan(
      1e-6,
    );
  });
});
