import { describe, expect, it } from 'vitest';
import { filterQuality } from '../../../src/metrics/filterQuality.js';

const decision = (unlearned: boolean, filtered: boolean) => ({ unlearned, filtered });

describe('filterQuality', () => {
  it('takes unlearned for the positive class', () => {
    const decisions = [
      decision(true, true),
      decision(true, true),
      decision(true, true),
      decision(true, false),
      decision(false, false),
      decision(false, false),
      decision(false, false),
      decision(false, false),
      decision(false, true),
    ];
    expect(filterQuality(decisions)).toEqual({ recall: 3 / 4, specificity: 4 / 5 });
  });

  it('knows no recall without unlearned inputs and no specificity without remaining ones', () => {
    expect(filterQuality([decision(false, false)])).toEqual({ recall: null, specificity: 1 });
    expect(filterQuality([decision(true, false)])).toEqual({ recall: 0, specificity: null });
  });
});
