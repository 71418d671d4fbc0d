/** Test inputs with their true classes. */
export interface TestSet {
  readonly ids: readonly string[];
  /** Unit vectors. */
  readonly vectors: readonly Float32Array[];
  readonly truths: readonly string[];
}

/** The test inputs of some classes. */
export function ofClasses({ ids, vectors, truths }: TestSet, classes: readonly string[]): TestSet {
  const chosen = [...truths.keys()].filter((index) => classes.includes(truths[index] as string));
  const pick = <T>(all: readonly T[]): T[] => chosen.map((index) => all[index] as T);
  return { ids: pick(ids), vectors: pick(vectors), truths: pick(truths) };
}
