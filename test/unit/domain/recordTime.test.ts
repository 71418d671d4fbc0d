import { describe, expect, it } from 'vitest';
import { msSince, timestampText, writtenAt } from '../../../src/domain/recordTime.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const NO_TIMES = [
  -1,
  0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1.7e9,
  1.7e15,
  1.7e18,
  8.64e15 + 1,
  NOW + 60_000,
];

describe('the time of a record', () => {
  it('is what its producer says, where that can be', () => {
    expect(writtenAt({ timestamp: NOW - 5000 }, NOW)).toBe(NOW - 5000);
    expect(msSince(NOW - 5000, NOW)).toBe(5000);
    expect(msSince(NOW + 300, NOW)).toBe(0);
    expect(timestampText({ timestamp: NOW }, NOW)).toBe('2026-01-31T12:00:00.000Z');
  });

  it.each(NO_TIMES)('is none where it says %d, which stays as text', (timestamp) => {
    expect(writtenAt({ timestamp }, NOW)).toBeUndefined();
    expect(msSince(writtenAt({ timestamp }, NOW), NOW)).toBeUndefined();
    expect(timestampText({ timestamp }, NOW)).toBe(String(timestamp));
  });
});
