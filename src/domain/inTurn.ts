/** Runs works one after the other, in the order in which they are given; a failed one holds up no other. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes an {@link InTurn} of its own. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
