import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cifar10Protocol, classesAfter, describeStep } from '../../src/protocol.js';

const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

describe("the paper's CIFAR-10 protocol", () => {
  it('learns five classes, then unlearns 1, learns 1, unlearns 1, learns 1', () => {
    const protocol = cifar10Protocol(CLASSES, 1);
    expect(protocol.map(({ kind, classes }) => [kind, classes.length])).toEqual([
      ['learn', 5],
      ['unlearn', 1],
      ['learn', 1],
      ['unlearn', 1],
      ['learn', 1],
    ]);
    expect(describeStep(protocol[2] as (typeof protocol)[number])).toBe(
      `CIL-1: learn ${protocol[2]?.classes[0]}`,
    );
  });

  it('is the same for the same seed, learns no class twice and unlearns known classes only', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const protocol = cifar10Protocol(CLASSES, seed);
        expect(cifar10Protocol(CLASSES, seed)).toEqual(protocol);
        const learned = protocol.filter(({ kind }) => kind === 'learn').flatMap(({ classes }) => classes);
        expect(new Set(learned).size).toBe(7);
        protocol.forEach((step, index) => {
          if (step.kind !== 'unlearn') return;
          const before = classesAfter(protocol, index - 1);
          expect(before.remaining).toEqual(expect.arrayContaining([...step.classes]));
        });
      }),
    );
  });

  it('knows the classes after each step', () => {
    const protocol = cifar10Protocol(CLASSES, 1);
    expect(protocol.map((_, index) => classesAfter(protocol, index).remaining.length)).toEqual([
      5, 4, 5, 4, 5,
    ]);
    expect(protocol.map((_, index) => classesAfter(protocol, index).unlearned.length)).toEqual([
      0, 1, 1, 2, 2,
    ]);
  });
});
