/** Pauses between tries, in milliseconds; they double from one to the next. */
export interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** The pause after so many failures, one or more, in milliseconds. */
export function pauseAfter(failures: number, { first, longest }: Pauses): number {
  return Math.min(first * 2 ** (failures - 1), longest);
}
