import { describe, expect, it } from 'vitest';
import { createPace } from '../../../src/cli/pace.js';

/** A pace under a clock that the test moves. */
function pace() {
  let at = 0;
  const tell = createPace(() => at);
  return (ms: number, done: number, total: number | null) => {
    at = ms;
    return tell(done, total);
  };
}

describe('the pace of work', () => {
  it('is told by rate and time left once it has gone on for a while', () => {
    const at = pace();
    expect(at(0, 1000, 50_000)).toBe('');
    expect(at(1000, 1100, 50_000)).toBe('');
    expect(at(10_000, 2500, 50_000)).toBe(' 150/s, 6 min left');
    expect(at(20_000, 49_000, 50_000)).toBe(' 2400/s, 1 s left');
  });

  it('counts what was there before the work began as done by nobody', () => {
    const at = pace();
    at(0, 40_000, 50_000);
    expect(at(10_000, 40_010, 50_000)).toBe(' 1.0/s, 2.8 h left');
  });

  it('is silent at the end and where the total is not known', () => {
    const at = pace();
    at(0, 0, 100);
    expect(at(10_000, 100, 100)).toBe('');
    expect(at(10_000, 50, null)).toBe('');
  });
});
