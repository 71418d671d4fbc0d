import { performance } from 'node:perf_hooks';

/** At most this share of the time goes into saving. */
const SHARE = 0.05;

/**
 * Saves as often as costs little: the first time, and then where the last save took at most a twentieth of the time since
 * it began. A small state is saved at nearly every call, one of some megabytes every second or two.
 * @param save may fail; it is then tried again as sparingly
 * @param onFailure told the first failure
 * @param now milliseconds
 */
export function sparingly<T>(
  save: (value: T) => Promise<void>,
  onFailure: (error: unknown) => void,
  now: () => number = () => performance.now(),
): (value: T) => Promise<void> {
  let notBefore = Number.NEGATIVE_INFINITY;
  let failed = false;
  return async (value) => {
    const begun = now();
    if (begun < notBefore) return;
    try {
      await save(value);
    } catch (error) {
      if (!failed) onFailure(error);
      failed = true;
    }
    notBefore = begun + (now() - begun) / SHARE;
  };
}
