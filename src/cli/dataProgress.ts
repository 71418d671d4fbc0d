import type { OnDataProgress } from '../data/progress.js';
import type { Progress } from './progress.js';

const MEGABYTE = 1e6;

/** Shows the progress of work on data; bytes as megabytes. */
export function dataProgress(progress: Progress): OnDataProgress {
  return ({ step, subject, done, total, unit }) => {
    if (unit === 'images') progress.show(`${step} ${subject}, images`, done, total);
    else progress.show(`${step} ${subject}, MB`, megabytes(done), total === null ? null : megabytes(total));
  };
}

function megabytes(bytes: number): number {
  return Math.round((10 * bytes) / MEGABYTE) / 10;
}
