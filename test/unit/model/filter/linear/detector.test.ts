import { describe, expect, it } from 'vitest';
import { advantage, type Detector, levelFor } from '../../../../../src/model/filter/linear/detector.js';
import { decodeDetector, encodeDetector } from '../../../../../src/model/filter/linear/detectorBytes.js';
import { createScorers } from '../../../../../src/model/filter/linear/scorer.js';

const DETECTOR: Detector = {
  dimension: 2,
  keys: ['cat', 'dog', 'ship'],
  rows: Float32Array.of(1, 0, 0, 1, -1, 0.5),
  biases: Float32Array.of(0, 0.25, -1),
  heldOut: {
    ids: ['a', 'b', 'c', 'd', 'e'],
    places: Int32Array.of(0, 0, 1, 1, 2),
    scores: Float32Array.of(5, 1, 0, 4, 1, 0, 1, 3, 0, 2, 1, 0, 0, 0, 9),
  },
};

describe('a linear detector', () => {
  it('compares the best class of each side; a class on neither takes no part', () => {
    const scores = Float32Array.of(9, 9, 9, 1, 4, 2);
    expect(advantage(scores, 3, { unlearned: [0], remaining: [1, 2] })).toBe(-3);
    expect(advantage(scores, 3, { unlearned: [1, 2], remaining: [0] })).toBe(3);
    expect(advantage(scores, 3, { unlearned: [0], remaining: [2] })).toBe(-1);
    expect(advantage(scores, 3, { unlearned: [], remaining: [0] })).toBe(Number.NEGATIVE_INFINITY);
    expect(advantage(scores, 3, { unlearned: [0], remaining: [] })).toBe(Number.POSITIVE_INFINITY);
  });

  it('finds its level from the held-out scores of both sides', () => {
    // Cats: 4 and 3 above dogs. Dogs: -2 and 1.
    const sides = { unlearned: [0], remaining: [1] };
    expect(levelFor(DETECTOR, sides, 0.9)).toEqual({ level: 2, specificity: 1, recall: 1 });
    // The other way round the lowest cat lies at -4, the dogs at 2 and -1.
    const swapped = levelFor(DETECTOR, { unlearned: [1], remaining: [0] }, 0.9);
    expect(swapped).toEqual({ level: -2, specificity: 1, recall: 1 });
  });

  it('has no level where a side is empty', () => {
    expect(levelFor(DETECTOR, { unlearned: [], remaining: [0, 1, 2] }, 0.9)).toBeNull();
    expect(levelFor(DETECTOR, { unlearned: [0, 1, 2], remaining: [] }, 0.9)).toBeNull();
    // A vector of a class that has no other scores that class at -Infinity.
    const alone = {
      ids: ['a', 'b'],
      places: Int32Array.of(0, 1),
      scores: Float32Array.of(-Infinity, 1, 0, 0, 1, 0),
    };
    expect(levelFor({ ...DETECTOR, heldOut: alone }, { unlearned: [0], remaining: [1] }, 0.9)).toBeNull();
  });

  it('is the same after it was bytes, wherever these lie', () => {
    const bytes = encodeDetector(DETECTOR);
    expect(decodeDetector(bytes)).toEqual(DETECTOR);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeDetector(shifted.subarray(1))).toEqual(DETECTOR);
  });

  it('is not read from other bytes', () => {
    const bytes = encodeDetector(DETECTOR);
    expect(decodeDetector(new Uint8Array(0))).toBeNull();
    expect(decodeDetector(Buffer.from('what is this?'))).toBeNull();
    expect(decodeDetector(bytes.subarray(0, -4))).toBeNull();
    const header = JSON.stringify({ format: 3, dimension: 0, keys: [], ids: [], places: [] });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(header.length);
    expect(decodeDetector(Buffer.concat([length, Buffer.from(header)]))).toBeNull();
    const { heldOut } = DETECTOR;
    const wrongPlace = { ...heldOut, places: heldOut.places.with(0, 3) };
    expect(decodeDetector(encodeDetector({ ...DETECTOR, heldOut: wrongPlace }))).toBeNull();
  });

  it('scores a vector alike, alone and among others', async () => {
    const score = createScorers()(DETECTOR);
    const vectors = [Float32Array.of(0.6, 0.8), Float32Array.of(-1, 0), Float32Array.of(0.28, 0.96)];
    const together = await score(vectors);
    const expected = [0.6, 1.05, -1.2, -1, 0.25, 0, 0.28, 1.21, -0.8];
    expect(together).toHaveLength(9);
    for (const [at, value] of expected.entries()) expect(together[at]).toBeCloseTo(value, 6);
    for (const [index, vector] of vectors.entries())
      expect(await score([vector])).toEqual(together.slice(3 * index, 3 * index + 3));
    expect(await score([])).toHaveLength(0);
  });
});
