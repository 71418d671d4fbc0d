import type { Place } from './places.js';

/** A place in one line. */
export function placeWords({ place, state, detail }: Place): string {
  return `${place}: ${state}${detail === '' ? '' : `, ${detail}`}`;
}
