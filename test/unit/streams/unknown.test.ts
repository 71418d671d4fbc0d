import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

describe('an input that is like nothing known', () => {
  let processing: Processing;
  afterEach(async () => {
    await processing.stop();
  });

  describe('where it is asked for', () => {
    beforeEach(async () => {
      processing = startProcessing({ settings: { unknown: true } });
      await learn(processing, 't1', { cat: 0, dog: 4 });
      await processing.event('known-calibrated');
    });

    it('is answered with no class, with its similarity as evidence', async () => {
      const answer = await processing.query('q1', around(8, 1));
      expect(answer).toMatchObject({ label: null, route: 'unknown', probabilities: [] });
      expect(answer.evidence.remainingSimilarity).toBeLessThan(
        processing.store.registry.snapshot().knownLevel ?? -1,
      );
      expect(await processing.query('q2', around(0, 1))).toMatchObject({ label: 'cat', route: 'model' });
    });

    it('is told from one of a class that is called unknown', async () => {
      await learn(processing, 't2', { unknown: 6 });
      expect(await processing.query('q1', around(6, 1))).toMatchObject({ label: 'unknown', route: 'model' });
      expect(await processing.query('q2', around(9, 1))).toMatchObject({ label: null, route: 'unknown' });
    });

    it('is told from one of an unlearned class, which DB-MU knows', async () => {
      await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
      await processing.event('unlearned');
      expect((await processing.query('q1', around(0, 1))).route).toBe('strategy:nearest');
      expect((await processing.query('q2', around(8, 1))).route).toBe('unknown');
    });
  });

  it('is answered with the nearest class otherwise', async () => {
    processing = startProcessing();
    await learn(processing, 't1', { cat: 0, dog: 4 });
    expect(['cat', 'dog']).toContain((await processing.query('q1', around(8, 1))).label);
  });
});
