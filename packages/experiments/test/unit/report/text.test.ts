import { describe, expect, it } from 'vitest';
import { textSummary } from '../../../src/report/text.js';
import { demoResults } from '../../support/demoResults.js';

describe('the summary for a terminal', () => {
  const lines = textSummary(demoResults).split('\n');

  it('has the figures of every method in aligned columns', () => {
    const header = lines[0] ?? '';
    const nearest = lines.find((line) => line.includes('nearest')) ?? '';
    expect(nearest).toContain('94.4 / 0.0');
    expect(nearest.length).toBe(header.length);
  });

  it('says how much faster unlearning is than Retrain', () => {
    expect(lines.join('\n')).toMatch(/MU-1 \(200 vectors\) +4\.1 ms +5\.2 s +1,270x/);
  });

  it('fits a terminal of 100 columns', () => {
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
