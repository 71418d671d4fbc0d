import type { LetheError } from '../../src/domain/errors.js';

/** Perseverance with short pauses, and the codes of what was waited for. */
export function holdingOn() {
  const waits: (string | null)[] = [];
  const stopping = new AbortController();
  const perseverance = {
    stopping: stopping.signal,
    waits: (error: LetheError | null) => waits.push(error?.code ?? null),
    pauses: { first: 1, longest: 2 },
  };
  return { waits, stopping, perseverance };
}
