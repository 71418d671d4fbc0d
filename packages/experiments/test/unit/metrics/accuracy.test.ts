import { describe, expect, it } from 'vitest';
import { accuracy, splitAccuracy } from '../../../src/metrics/accuracy.js';

const answers = [
  { truth: 'cat', label: 'cat' },
  { truth: 'cat', label: 'dog' },
  { truth: 'dog', label: 'dog' },
  { truth: 'dog', label: 'dog' },
  { truth: 'ship', label: 'ship' },
  { truth: 'ship', label: 'cat' },
  { truth: 'ship', label: 'dog' },
  { truth: 'frog', label: 'frog' },
];

describe('accuracy', () => {
  it('is the share of answers that name the truth', () => {
    expect(accuracy(answers)).toBe(5 / 8);
  });

  it('is unknown without answers', () => {
    expect(accuracy([])).toBeNull();
  });
});

describe('splitAccuracy', () => {
  it('counts remaining and unlearned classes apart and leaves out classes not learned yet', () => {
    const split = splitAccuracy(answers, new Set(['cat', 'dog']), new Set(['ship']));
    expect(split).toEqual({ remaining: 3 / 4, unlearned: 1 / 3 });
  });

  it('has no A_u before anything was unlearned', () => {
    expect(splitAccuracy(answers, new Set(['cat']), new Set())).toEqual({ remaining: 0.5, unlearned: null });
  });
});
