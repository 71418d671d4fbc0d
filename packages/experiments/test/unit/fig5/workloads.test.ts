import { describe, expect, it } from 'vitest';
import { workloadProtocol } from '../../../src/fig5/workloads.js';

const NAMES = Array.from({ length: 100 }, (_, at) => `class ${at}`);
const SIZES = { initial: 50, requests: 8, learn: 6, unlearn: 1 };

describe('the workloads of Fig. 5', () => {
  it('learn, unlearn, or do both by turns, after the initial classes', () => {
    const kinds = (workload: 'cil' | 'mu' | 'mixed') =>
      workloadProtocol(workload, NAMES, SIZES, 1).map(({ name }) => name);
    expect(kinds('cil')).toEqual(['initial', ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `CIL-${n}`)]);
    expect(kinds('mu')).toEqual(['initial', ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => `MU-${n}`)]);
    expect(kinds('mixed').slice(0, 5)).toEqual(['initial', 'MU-1', 'CIL-1', 'MU-2', 'CIL-2']);
  });

  it('learn every class once, and unlearn initial classes once', () => {
    const steps = workloadProtocol('mixed', NAMES, SIZES, 7);
    const of = (kind: string) => steps.filter((step) => step.kind === kind).flatMap(({ classes }) => classes);
    const learned = of('learn');
    expect(learned).toHaveLength(50 + 4 * 6);
    expect(new Set(learned).size).toBe(learned.length);
    const unlearned = of('unlearn');
    expect(new Set(unlearned).size).toBe(4);
    for (const name of unlearned) expect(steps[0]?.classes).toContain(name);
  });

  it('refuse more than there are classes for', () => {
    expect(() => workloadProtocol('cil', NAMES, { ...SIZES, learn: 7 }, 1)).toThrow(RangeError);
    expect(() => workloadProtocol('mu', NAMES, { ...SIZES, initial: 8 }, 1)).toThrow(RangeError);
  });
});
