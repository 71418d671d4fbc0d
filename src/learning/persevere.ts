import { setTimeout as sleep } from 'node:timers/promises';
import { diskError } from '../domain/diskErrors.js';
import { type LetheError, toLetheError } from '../domain/errors.js';
import { type Pauses, pauseAfter } from '../domain/pauses.js';

/** How long is held on, and who hears of it. */
export interface Perseverance {
  /** Aborted when no more is tried. */
  readonly stopping: AbortSignal;
  /** Told why it has to wait, each time; and null when it no longer does. */
  readonly waits: (error: LetheError | null) => void;
  readonly pauses?: Pauses;
}

const PAUSES: Pauses = { first: 500, longest: 30_000 };
/** A process that died by itself may have died of what passes; one that does so each time does not. */
const CRASHES = 2;

/**
 * Does what makes a model, as often as it takes: a full disk, a store that is away, a training process that was killed (by
 * the system, for memory) are no reason to give up what was asked for. A process that crashes by itself is given up after
 * {@link CRASHES} more tries, and everything else at once.
 * @throws LetheError why it was given up; while it is being stopped, whatever came last
 */
export async function persevere<T>(
  work: () => Promise<T>,
  { stopping, waits, pauses = PAUSES }: Perseverance,
): Promise<T> {
  let crashes = 0;
  let waited = false;
  try {
    for (let failures = 1; ; failures++) {
      try {
        return await work();
      } catch (thrown) {
        const error = diskError(thrown) ?? toLetheError(thrown, 'training-failed');
        const goesOn = passes(error) || (isCrash(error) && ++crashes <= CRASHES);
        if (stopping.aborted || !goesOn) throw error;
        waited = true;
        waits(error);
        await sleep(pauseAfter(failures, pauses), undefined, { signal: stopping }).catch(() => undefined);
      }
    }
  } finally {
    if (waited) waits(null);
  }
}

/** Whether it may be over without anything that was asked for being changed. */
export function passes(error: LetheError): boolean {
  return error.retriable && (!isCrash(error) || error.evidence?.killed === true);
}

function isCrash({ code, retriable }: LetheError): boolean {
  return code === 'training-failed' && retriable;
}
