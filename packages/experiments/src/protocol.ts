import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Classes are learned (a CIL task) or unlearned (an MU request). */
export interface ProtocolStep {
  readonly kind: 'learn' | 'unlearn';
  /** Distinct within a protocol, e.g. `CIL-1`; of a learn step also its task's name. */
  readonly name: string;
  readonly classes: readonly string[];
}

/** Steps in their order; the first learns. */
export type Protocol = readonly ProtocolStep[];

/**
 * The paper's CIFAR-10 protocol: five initial classes, then unlearn 1, learn 1, unlearn 1, learn 1. The paper does
 * not say which classes; here the seed draws them, and both unlearned ones are initial classes.
 * @throws RangeError for fewer than seven classes
 */
export function cifar10Protocol(classNames: readonly string[], seed: number): Protocol {
  if (classNames.length < 7) throw new RangeError(`seven classes are needed, ${classNames.length} are given`);
  const drawn = shuffled(classNames, seed);
  return [
    { kind: 'learn', name: 'initial', classes: drawn.slice(0, 5) },
    { kind: 'unlearn', name: 'MU-1', classes: drawn.slice(0, 1) },
    { kind: 'learn', name: 'CIL-1', classes: drawn.slice(5, 6) },
    { kind: 'unlearn', name: 'MU-2', classes: drawn.slice(1, 2) },
    { kind: 'learn', name: 'CIL-2', classes: drawn.slice(6, 7) },
  ];
}

/** The classes after the steps up to and including `index`, in the order in which they were learned. */
export function classesAfter(
  protocol: Protocol,
  index: number,
): { readonly remaining: readonly string[]; readonly unlearned: readonly string[] } {
  const done = protocol.slice(0, index + 1);
  const of = (kind: ProtocolStep['kind']): string[] =>
    done.filter((step) => step.kind === kind).flatMap((step) => step.classes);
  const unlearned = of('unlearn');
  return { remaining: of('learn').filter((name) => !unlearned.includes(name)), unlearned };
}

/** A step in words, e.g. `CIL-1: learn frog`, or `initial: learn 5 classes`. */
export function describeStep({ kind, name, classes }: ProtocolStep): string {
  return `${name}: ${kind} ${classes.length > 2 ? `${classes.length} classes` : classes.join(' and ')}`;
}

/** The items in a seeded random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const generator = xoroshiro128plus(seed);
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = uniformInt(generator, 0, last);
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
