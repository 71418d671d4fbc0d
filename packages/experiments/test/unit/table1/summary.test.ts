import { describe, expect, it } from 'vitest';
import { aimsTable } from '../../../src/table1/aims.js';
import { summarise, type Table1Summary } from '../../../src/table1/summary.js';
import { method, seedResult } from './support.js';

const facts: Table1Summary['facts'] = {
  startedAt: '2026-01-01T00:00:00.000Z',
  seconds: 2,
  seeds: [1, 2],
  dataset: 'd',
  embedder: 'e',
  backend: 'cpu',
  filter: 'f',
  lethe: '0.0.0',
  node: '20',
  platform: 'p',
  cpu: 'c',
  memoryGiB: 1,
};
const summaryOf = (...results: Parameters<typeof summarise>[0]): Table1Summary => ({
  facts,
  settings: {},
  ...summarise(results),
});

describe('the summary of seeds', () => {
  const { methods, speedUps } = summarise([seedResult(1, 0.95, 0.02), seedResult(2, 0.96, 0.03)]);
  const of = (group: string, name: string) =>
    methods.find((each) => each.group === group && each.name === name);

  it('gives mean and standard deviation, and no figure where there is none', () => {
    expect(of('lethe', 'masked')?.remaining[1]).toEqual({
      mean: expect.closeTo(0.955, 12),
      sd: expect.closeTo(0.01 / Math.SQRT2, 12),
    });
    expect(of('lethe', 'masked')?.unlearned[0]).toBeNull();
  });

  it('compares with Retrain within each seed, the analytic learner with its own retrain', () => {
    expect(of('lethe', 'masked')?.toRetrain[1]?.mean).toBeCloseTo(-0.005, 12);
    expect(of('lethe', 'masked')?.toJointly[1]?.mean).toBeCloseTo(-0.015, 12);
    expect(of('baseline', 'Analytic')?.toRetrain[1]).toEqual({ mean: 0, sd: 0 });
    expect(of('baseline', 'Analytic')?.toJointly[1]).toEqual({ mean: 0, sd: 0 });
  });

  it('counts the embedding of a baseline where it is told to', () => {
    const [alone, embedded] = speedUps.filter(({ baseline }) => baseline === 'Retrain');
    // 25 s against 50 ms; 25 s and 200 images at 10 a second against 50 ms.
    expect([alone?.byImages.mean, embedded?.byImages.mean]).toEqual([500, 900]);
  });
});

describe('the table of aims', () => {
  const reached = (...results: Parameters<typeof summarise>[0]): Record<string, string> =>
    Object.fromEntries(
      aimsTable(summaryOf(...results)).rows.map(([what, , measured, yes]) => [
        what?.split(' ').slice(0, 3).join(' '),
        `${measured}: ${yes}`,
      ]),
    );

  it('holds every figure beside its aim', () => {
    expect(reached(seedResult(1, 0.958, 0.02))).toEqual({
      'A_u of Lethe': '0.00: yes',
      'A_r of Lethe': '−0.20: yes',
      'A_r of the': '0.00: yes',
      "SSRE's forgetting in": '2.00: yes',
      'precision of the': '100.00: yes',
      'recall of the': '96.00: yes',
      'unlearning by images': '900x: no',
      'divergence of Lethe': '−0.050: yes',
    });
  });

  it('says where one is missed', () => {
    const missed = seedResult(1, 0.956, 0.031);
    missed.methods[0] = method('lethe', 'masked', 0.956, 0.001, 0.2);
    expect(reached(missed)).toMatchObject({
      'A_u of Lethe': '0.10: no',
      'A_r of Lethe': '−0.40: no',
      "SSRE's forgetting in": '3.10: no',
      'divergence of Lethe': '0.020: no',
    });
  });
});
