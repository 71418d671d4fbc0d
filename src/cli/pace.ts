/** Time before the first report of a rate. */
const FIRST_MS = 2000;

/**
 * Measures the rate of some work from its first report on, and returns rate and remaining time, e.g. ` 145/s, 4 min
 * left`; empty at first, at the end, and without a known total.
 * @param now a clock in milliseconds
 */
export function createPace(
  now: () => number = () => performance.now(),
): (done: number, total: number | null) => string {
  let first: { readonly at: number; readonly done: number } | undefined;
  return (done, total) => {
    first ??= { at: now(), done };
    const elapsed = now() - first.at;
    if (total === null || done >= total || elapsed < FIRST_MS || done <= first.done) return '';
    const perSecond = ((done - first.done) / elapsed) * 1000;
    return ` ${rate(perSecond)}, ${timeLeft((total - done) / perSecond)} left`;
  };
}

function rate(perSecond: number): string {
  if (perSecond >= 10) return `${Math.round(perSecond)}/s`;
  return perSecond >= 0.1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
}

function timeLeft(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
