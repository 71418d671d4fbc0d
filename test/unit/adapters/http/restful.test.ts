import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Restful, workAfter } from '../../../../src/adapters/http/restful.js';

describe('what reads the log from its beginning', () => {
  it('works the longer the less others do, within bounds', () => {
    expect(workAfter(0)).toBe(200);
    expect(workAfter(0.2)).toBeCloseTo(80);
    expect(workAfter(0.5)).toBe(20);
    expect(workAfter(0.8)).toBeCloseTo(5);
    expect(workAfter(1)).toBe(1);
  });

  it('rests together, and goes on after that', async () => {
    const restful = new Restful();
    const rested: number[] = [];
    const reader = async (index: number): Promise<void> => {
      const began = performance.now();
      // Until a rest was due once.
      while (rested.filter((each) => each === index).length === 0) {
        const before = performance.now();
        await restful.rest();
        if (performance.now() - before > 10) rested.push(index);
        await setImmediate();
        if (performance.now() - began > 60_000) throw new Error('it never rested');
      }
    };
    await Promise.all([reader(0), reader(1)]);
    expect(rested.sort()).toEqual([0, 1]);
  });
});
