import { describe, expect, it } from 'vitest';
import { fig5Csv, fig5Tables, workloadSpeeds } from '../../../src/fig5/report.js';
import type { WorkloadResult } from '../../../src/fig5/runFig5.js';

/** Two requests with round figures; ten images a second. */
const mixed: WorkloadResult = {
  settingsHash: 'h',
  workload: 'mixed',
  backend: 'cpu',
  imagesPerSecond: 10,
  requests: [
    {
      name: 'MU-1',
      kind: 'unlearn',
      classes: 1,
      embeddedImages: 5,
      remainingVectors: 400,
      lethe: 0.5,
      letheByName: 0.01,
      retrain: 20,
      restore: 10,
      analytic: 1.5,
      analyticRetrain: 8,
    },
    {
      name: 'CIL-1',
      kind: 'learn',
      classes: 1,
      embeddedImages: 100,
      remainingVectors: 500,
      lethe: 4.5,
      letheByName: null,
      retrain: 30,
      restore: 4.5,
      analytic: 2,
      analyticRetrain: 10,
    },
  ],
};

const speedOf = (baseline: string, embedded: boolean) => {
  const found = workloadSpeeds([mixed]).find(
    (speed) => speed.baseline === baseline && speed.embedded === embedded,
  );
  return found && [found.system, found.own, found.seconds, found.speedUp];
};

describe('the speed-ups of Fig. 5', () => {
  it('compare the time of all requests', () => {
    expect(speedOf('Retrain', false)).toEqual(['Lethe', 5, 50, 10]);
    expect(speedOf('Restore', false)).toEqual(['Lethe', 5, 14.5, 2.9]);
  });

  it('count everybody’s embedding: an unlearning’s is in its time, Restore learns the new images alone', () => {
    // Lethe: 5 s and 100 images; Retrain: 50 s and 900 images; Restore: 14.5 s and 400 + 100 images.
    expect(speedOf('Retrain', true)).toEqual(['Lethe', 15, 140, 140 / 15]);
    expect(speedOf('Restore', true)).toEqual(['Lethe', 15, 64.5, 4.3]);
  });

  it('compare the analytic learner with its own retrain; its unlearning follows the vote', () => {
    // 0.5 + 1.5 + 2 s; with the 100 images of the learning 14 s.
    expect(speedOf('Analytic, retrained', false)).toEqual(['Analytic', 4, 18, 4.5]);
    expect(speedOf('Analytic, retrained', true)).toEqual(['Analytic', 14, 108, 108 / 14]);
  });

  it('stand in the tables and the CSV', () => {
    const [all, each] = fig5Tables([mixed]);
    expect(all?.rows).toHaveLength(6);
    expect(each?.rows.map((row) => row[0])).toEqual(['MU-1', 'CIL-1']);
    expect(fig5Csv([mixed]).split(/\r?\n/)[1]).toBe('mixed,MU-1,unlearn,0.5,0.01,20,10,1.5,8');
  });
});
