import { exhaustMap, merge, Observable, tap, timer } from 'rxjs';
import { LetheError, toLetheError } from '../domain/errors.js';

/** What is seen of work that is waited for. */
export interface Look {
  /** Differs from the look before where the work has gone on, although nothing was heard. */
  readonly mark?: string;
  /** What it waits for, in words. */
  readonly missing: string;
}

/** How long silence is borne. */
export interface Patience {
  /** Nothing heard and nothing seen to go on for so long, in milliseconds, ends the waiting. */
  readonly silenceMs: number;
  /** Looks at the work, a few times in that time. */
  readonly look?: () => Promise<Look>;
}

/** Looks within the time of silence. */
const LOOKS = 4;

/**
 * Passes `source` on; fails when nothing was heard and nothing was seen to go on for the time of silence. What is waited
 * for is not undone by that.
 * @param what is waited for, for the error
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
