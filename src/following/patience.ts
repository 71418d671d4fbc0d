import { exhaustMap, merge, Observable, tap, timer } from 'rxjs';
import { LetheError, toLetheError } from '../domain/errors.js';

/** What is seen of work that is waited for. */
export interface Look {
  /** Changes when the work progresses without any message. */
  readonly mark?: string;
  /** What it waits for, in words. */
  readonly missing: string;
}

/** How long silence is borne. */
export interface Patience {
  /** The wait ends after this time, in milliseconds, without a message and without progress. */
  readonly silenceMs: number;
  /** Checks the progress, several times within that time. */
  readonly look?: () => Promise<Look>;
}

/** Looks within the time of silence. */
const LOOKS = 4;

/**
 * Passes on `source`; fails after the time of silence without a message and without progress. The work itself is not
 * cancelled.
 * @param what the work, for the error
 */
export function patiently<T>(
  source: Observable<T>,
  heard: Observable<unknown>,
  what: string,
  { silenceMs, look }: Patience,
): Observable<T> {
  const silence = new Observable<never>((subscriber) => {
    let last = performance.now();
    let mark: string | undefined;
    let missing = look && 'Lethe does not say what it does';
    const note = (next: Look): void => {
      if (next.mark !== undefined && next.mark !== mark) {
        if (mark !== undefined) last = performance.now();
        mark = next.mark;
      }
      missing = next.missing;
    };
    const looks = timer(0, silenceMs / LOOKS).pipe(
      exhaustMap(async () => {
        // A look that fails is told of as what is missing.
        if (look) note(await look().catch((error: unknown) => ({ missing: toLetheError(error).message })));
      }),
    );
    const clock = timer(silenceMs / LOOKS, silenceMs / LOOKS).pipe(
      tap(() => {
        if (performance.now() - last < silenceMs) return;
        subscriber.error(tooSilent(what, silenceMs, missing));
      }),
    );
    const noted = heard.pipe(
      tap(() => {
        last = performance.now();
      }),
    );
    subscriber.add(merge(noted, looks, clock).subscribe({ error: (error) => subscriber.error(error) }));
  });
  return new Observable((subscriber) => {
    subscriber.add(silence.subscribe({ error: (error) => subscriber.error(error) }));
    subscriber.add(source.subscribe(subscriber));
  });
}

function tooSilent(what: string, silenceMs: number, missing: string | undefined): LetheError {
  const because = missing === undefined ? '' : `: ${missing}`;
  return new LetheError('timed-out', `no news of ${what} for ${silenceMs / 1000} s${because}`, {
    field: 'timeout',
    value: `${silenceMs / 1000} s`,
    remedy:
      'Lethe still carries out what was sent, as soon as it can. Check that it runs and is ready, or wait longer.',
    retriable: true,
  });
}
