import { expect, it, onTestFinished, vi } from 'vitest';
import { SILENT, timed, timedAsync } from '../../../src/operators/probe.js';
import { notingProbe, recordAt } from '../../support/flows.js';

it('the duration of a work is told in seconds, with its stage and records', async () => {
  const clock = vi.spyOn(performance, 'now');
  onTestFinished(() => clock.mockRestore());
  for (const now of [1000, 1250, 5000, 7000]) clock.mockReturnValueOnce(now);
  const { probe, noted, seconds } = notingProbe();
  expect(timed(probe, 'decode', recordAt(3), () => 'parsed')).toBe('parsed');
  expect(await timedAsync(probe, 'store', [recordAt(4), recordAt(5)], async () => 'stored')).toBe('stored');
  expect(noted).toEqual(['decode 3', 'store 4,5']);
  expect(seconds).toEqual([0.25, 2]);
});

it('a silent probe takes whatever it is told', () => {
  expect(SILENT.stage('decode', 1, [])).toBeUndefined();
});
