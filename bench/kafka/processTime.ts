import { readFileSync } from 'node:fs';

/** Clock ticks a second, in which Linux counts. */
const TICKS = 100;

/** Milliseconds of CPU that a process has used so far, all its threads; NaN where the system does not tell. */
export function processTime(pid: number): number {
  try {
    // The name, which comes in parentheses, may hold blanks.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
  } catch {
    return Number.NaN;
  }
}
