import { describe, expect, it } from 'vitest';
import { maskedAlone } from '../../../../src/experiments/evaluation/masked.js';
import type { Protocol } from '../../../../src/experiments/protocol.js';
import type { Classifier } from '../../../../src/model/classifier.js';

const protocol: Protocol = [
  { kind: 'learn', name: 'initial', classes: ['a', 'b', 'c'] },
  { kind: 'unlearn', name: 'MU-1', classes: ['b'] },
  { kind: 'learn', name: 'CIL-1', classes: ['d'] },
];

/** The logit of class number n is 10 n + x for the input x. */
function counting(...classes: string[]): Classifier {
  return {
    version: 'v',
    classes,
    dimension: 1,
    backend: 'none',
    logits: async (vectors) =>
      Float32Array.from([...vectors].flatMap((x) => classes.map((_, column) => 10 * column + x))),
    dispose: () => undefined,
  };
}

describe('the model masked alone', () => {
  const masked = maskedAlone(
    protocol,
    new Map([
      ['initial', counting('a', 'b', 'c')],
      ['CIL-1', counting('a', 'b', 'c', 'd')],
    ]),
  );

  it('knows the classes that remain after each step, also where no model came', () => {
    expect([...masked].map(([step, { classes }]) => [step, classes])).toEqual([
      ['initial', ['a', 'b', 'c']],
      ['MU-1', ['a', 'c']],
      ['CIL-1', ['a', 'c', 'd']],
    ]);
  });

  it('keeps the logits of those classes, row by row', async () => {
    const logits = await masked.get('CIL-1')?.logits(Float32Array.from([1, 2]));
    expect([...(logits ?? [])]).toEqual([1, 21, 31, 2, 22, 32]);
  });
});
