import { type Protocol, type ProtocolStep, shuffled } from '../protocol.js';

/** What a workload asks for after its initial classes. */
export const WORKLOADS = ['cil', 'mu', 'mixed'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** Sizes of Fig. 5's workloads. */
export interface WorkloadSizes {
  /** Classes of the first task: 50 of CIFAR-100. */
  readonly initial: number;
  /** Requests after it: 8. */
  readonly requests: number;
  /** New classes of a CIL task and forgotten classes of an MU task. The paper does not say how many. */
  readonly learn: number;
  readonly unlearn: number;
}

/**
 * A workload of Fig. 5: the initial classes, then so many tasks that learn, or unlearn, or both by turns (unlearning
 * first). The seed draws the classes; unlearned ones are initial classes.
 * @throws RangeError where the classes do not suffice
 */
export function workloadProtocol(
  workload: Workload,
  classNames: readonly string[],
  sizes: WorkloadSizes,
  seed: number,
): Protocol {
  const drawn = shuffled(classNames, seed);
  const known = drawn.slice(0, sizes.initial);
  const fresh = drawn.slice(sizes.initial);
  const steps: ProtocolStep[] = [{ kind: 'learn', name: 'initial', classes: known }];
  const count = { learn: 0, unlearn: 0 };
  for (let request = 0; request < sizes.requests; request++) {
    const kind = kindOf(workload, request);
    const from = kind === 'learn' ? fresh : known;
    const size = sizes[kind];
    const classes = from.slice(count[kind] * size, (count[kind] + 1) * size);
    if (classes.length < size || (kind === 'unlearn' && (count[kind] + 1) * size >= known.length))
      throw new RangeError(`${classNames.length} classes do not suffice for ${sizes.requests} requests`);
    count[kind]++;
    steps.push({ kind, name: `${kind === 'learn' ? 'CIL' : 'MU'}-${count[kind]}`, classes });
  }
  return steps;
}

function kindOf(workload: Workload, request: number): ProtocolStep['kind'] {
  if (workload === 'mixed') return request % 2 === 0 ? 'unlearn' : 'learn';
  return workload === 'cil' ? 'learn' : 'unlearn';
}
