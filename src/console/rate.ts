import {
  distinctUntilChanged,
  interval,
  map,
  merge,
  type Observable,
  scan,
  startWith,
  filter as where,
} from 'rxjs';
import type { Prediction } from '../domain/messages/prediction.js';
import type { Rate } from './messages.js';

const SECOND = 1000;
const NONE: Rate = { perSecond: 0, routes: {} };

interface Count {
  /** Of the current second. */
  readonly counts: Map<Prediction['route'], number>;
  /** Of the last second, if one has just ended. */
  readonly rate: Rate | null;
}

/** Answers of each second by route; of several seconds without answers, only the first is emitted. */
export function rateOf(answers: Observable<Pick<Prediction, 'route'>>): Observable<Rate> {
  const ticks = interval(SECOND).pipe(map(() => null));
  return merge(answers, ticks).pipe(
    scan(count, { counts: new Map(), rate: null }),
    map(({ rate }) => rate),
    where((rate) => rate !== null),
    startWith(NONE),
    distinctUntilChanged((before, now) => before.perSecond === 0 && now.perSecond === 0),
  );
}

function count({ counts }: Count, answer: Pick<Prediction, 'route'> | null): Count {
  if (answer) {
    counts.set(answer.route, (counts.get(answer.route) ?? 0) + 1);
    return { counts, rate: null };
  }
  const perSecond = [...counts.values()].reduce((sum, n) => sum + n, 0);
  return { counts: new Map(), rate: { perSecond, routes: Object.fromEntries(counts) } };
}
