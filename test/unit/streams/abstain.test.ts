import { afterEach, describe, expect, it } from 'vitest';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

describe('an input of an unlearned class, where Lethe abstains', () => {
  let processing: Processing;
  afterEach(async () => {
    await processing.stop();
  });

  it('is answered with no class from the unlearning on, until the class is relearned; others are answered', async () => {
    processing = startProcessing({ settings: { unlearned: 'abstain' } });
    await learn(processing, 't1', { cat: 0, dog: 4 });
    expect(await processing.query('q1', around(0, 1))).toMatchObject({ label: 'cat', route: 'model' });
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.event('unlearned');
    const nobody = { label: null, probabilities: [], route: 'abstained' };
    expect(await processing.query('q2', around(0, 1))).toMatchObject(nobody);
    expect(await processing.query('q3', around(4, 1))).toMatchObject({ label: 'dog', route: 'model' });
    await processing.command({ id: 'r1', kind: 'relearn', classes: ['cat'] });
    await processing.event('relearned');
    expect(await processing.query('q4', around(0, 1))).toMatchObject({ label: 'cat', route: 'model' });
  });
});
