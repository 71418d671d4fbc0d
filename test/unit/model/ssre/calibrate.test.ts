import { describe, expect, it } from 'vitest';
import { placeOf, rowsOf } from '../../../../src/model/calibration/byContent.js';
import { temperatureFactorOf } from '../../../../src/model/ssre/calibrate.js';
import { partsOf, withoutHeldOut } from '../../../../src/model/ssre/heldOut.js';
import { trainTask } from '../../../../src/model/ssre/trainTask.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import type { ClassVectors } from '../../../../src/model/trainer.js';
import { clusters, DIMENSION, numbersOf, smallConfig } from './support.js';

const { tf } = await loadTensorflow('cpu');
const ignore = (): void => {};
const large = clusters([0, 1], 500);
const rowsIn = ({ vectors, labels }: ClassVectors): Float32Array[] =>
  [...labels.keys()].map((row) => vectors.slice(row * DIMENSION, (row + 1) * DIMENSION));

describe('what SSRE holds out', () => {
  const { kept, heldOut } = withoutHeldOut(large, DIMENSION);

  it('is about a sixteenth of a large class, by content, and nothing is lost', () => {
    expect(kept.labels.length + heldOut.labels.length).toBe(large.labels.length);
    // 62.5 of 1,000, standard deviation 7.7.
    expect(Math.abs(heldOut.labels.length - 62.5)).toBeLessThan(31);
    expect(rowsIn(heldOut).every((vector) => placeOf(vector) < 1 / 16)).toBe(true);
    expect(rowsIn(kept).every((vector) => placeOf(vector) >= 1 / 16)).toBe(true);
  });

  it('stays the same in other company', () => {
    const others = rowsOf(
      large,
      [...large.labels.keys()].filter((row) => row % 20 > 0),
      DIMENSION,
    );
    const again = rowsIn(withoutHeldOut(others, DIMENSION).heldOut).map(placeOf);
    const before = new Set(rowsIn(heldOut).map(placeOf));
    expect(again.length).toBeGreaterThan(40);
    expect(again.every((place) => before.has(place))).toBe(true);
  });

  it('is nothing of a small class', () => {
    const small = clusters([0, 1], 399);
    expect(withoutHeldOut(small, DIMENSION).heldOut.labels).toHaveLength(0);
    expect(withoutHeldOut(small, DIMENSION).kept).toMatchObject({ vectors: small.vectors });
  });

  it('in parts is every vector once, but of a class of one', () => {
    const few: ClassVectors = { ...clusters([0, 1, 2], 3), classes: ['0', '1', '2', '3'] };
    const one = { ...few, vectors: Float32Array.from([...few.vectors, ...few.vectors.slice(0, DIMENSION)]) };
    const parts = partsOf({ ...one, labels: Int32Array.from([...few.labels, 3]) }, DIMENSION);
    expect(parts.map((part) => part.heldOut.labels.length)).toEqual([3, 3, 3, 0]);
    expect(parts.flatMap((part) => [...part.heldOut.labels]).sort()).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
    for (const part of parts) expect(new Set(part.kept.labels).size).toBe(4);
  });
});

describe('the temperature of SSRE', () => {
  const config = smallConfig({ calibrate: true });

  it('comes from what was held out where every class has enough of it, and else from networks made without parts', async () => {
    const state = await trainTask(tf, null, clusters([0, 1], 20), smallConfig(), ignore);
    const asked: number[] = [];
    const factor = (split: Parameters<typeof temperatureFactorOf>[2]) => {
      asked.length = 0;
      return temperatureFactorOf(tf, state, split, config, async ({ labels }) => {
        asked.push(labels.length);
        return state;
      });
    };
    const [some, none] = [clusters([0, 1], 100), { ...clusters([0, 1], 1), labels: new Int32Array(0) }];
    const empty = { ...none, vectors: new Float32Array(0) };
    const direct = await factor({ kept: some, heldOut: some });
    expect(asked).toEqual([]);
    expect(direct).toBeGreaterThan(0);
    // 40 vectors, so all four parts; each class has five in each.
    await factor({ kept: clusters([0, 1], 20), heldOut: empty });
    expect(asked).toEqual([30, 30, 30, 30]);
    // 1,000: the first part, of 250, is enough.
    await factor({ kept: large, heldOut: withoutHeldOut(large, DIMENSION).heldOut });
    expect(asked).toEqual([750]);
    // Held out are vectors of one class alone.
    const one = rowsOf(
      large,
      [...large.labels.keys()].filter((row) => large.labels[row] === 0).slice(0, 250),
      DIMENSION,
    );
    await factor({ kept: large, heldOut: one });
    expect(asked).toEqual([750]);
    expect(await factor({ kept: { ...some, classes: ['0'] }, heldOut: empty })).toBe(1);
  });

  it('changes no weight where no class is large: all vectors are learned', async () => {
    const [first, second] = [clusters([0, 1], 20), { ...clusters([2], 20), rehearsal: clusters([0, 1], 10) }];
    const plain = await trainTask(tf, null, first, smallConfig(), ignore);
    const state = await trainTask(tf, null, first, config, ignore);
    expect(numbersOf(state)).toEqual(numbersOf(plain));
    expect(plain.temperatureFactor).toBe(1);
    expect(state.temperatureFactor).not.toBe(1);
    const [plainNext, next] = [
      await trainTask(tf, plain, second, smallConfig(), ignore),
      await trainTask(tf, state, second, config, ignore),
    ];
    expect(numbersOf(next)).toEqual(numbersOf(plainNext));
    expect(next.temperatureFactor).not.toBe(1);
    expect(next.temperatureFactor).not.toBe(state.temperatureFactor);
  });

  it('stays as it was where a task brings nothing of the classes before it', async () => {
    const state = await trainTask(tf, null, clusters([0, 1], 20), config, ignore);
    const next = await trainTask(tf, state, clusters([2], 20), config, ignore);
    expect(next.temperatureFactor).toBe(state.temperatureFactor);
  });

  it('never trains on what is held out', async () => {
    const { kept } = withoutHeldOut(large, DIMENSION);
    const short = { ...config.initial, epochs: 1 };
    const [seen, plain] = [
      await trainTask(tf, null, large, { ...config, initial: short }, ignore),
      await trainTask(tf, null, { ...large, ...kept }, smallConfig({ initial: short }), ignore),
    ];
    expect(numbersOf(seen)).toEqual(numbersOf(plain));
  });
});
