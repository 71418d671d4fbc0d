import type { RefusedSamples } from './refusedSamples.js';
import { type SampleSurvey, shownProblem } from './sampleSurvey.js';

/** The outcome of the samples of a class. */
export interface SampleReport {
  readonly name: string;
  readonly sent: number;
  /** Sent and not refused. */
  readonly stored: number;
  readonly refused: readonly ShownProblem[];
  /** Never sent. */
  readonly skipped: readonly ShownProblem[];
}
type ShownProblem = ReturnType<typeof shownProblem>;

/** Problems of a class that are shown; `--json` has all. */
const SHOWN = 10;

/** The outcome of the samples of each class, as far as it is known. */
export function reportOf({ classes }: SampleSurvey, { problems }: RefusedSamples): SampleReport[] {
  return [...classes.values()].map(({ name, places, skipped }) => {
    const refused = [...places.keys()].flatMap((id) => problems.get(id) ?? []);
    return {
      name,
      sent: places.size,
      stored: places.size - refused.length,
      refused: refused.map(shownProblem),
      skipped: skipped.map(shownProblem),
    };
  });
}

/** Lines about the classes with samples that were not stored; none if all were. */
export function describeClasses(
  reports: readonly SampleReport[],
  counts: readonly ('sent' | 'stored')[],
): string[] {
  return reports.flatMap((report) => {
    const { name, refused, skipped } = report;
    if (refused.length + skipped.length === 0) return [];
    const counted = counts.map((count) => `${report[count]} ${count}`);
    const line = `${name}: ${[...counted, `${refused.length} refused`, `${skipped.length} not sent`].join(', ')}`;
    return [line, ...shown(refused)];
  });
}

/** Lines about samples that are not sent, by class. */
export function describeSkipped({ classes, loose }: SampleSurvey): string[] {
  const groups = [...classes.values()].map(({ name, skipped }) => ({ name: `of ${name}`, skipped }));
  return [...groups, { name: 'of no class', skipped: loose }].flatMap(({ name, skipped }) =>
    skipped.length === 0 ? [] : [`not sent ${name}: ${skipped.length}`, ...shown(skipped.map(shownProblem))],
  );
}

function shown(problems: readonly ReturnType<typeof shownProblem>[]): string[] {
  const lines = problems.slice(0, SHOWN).map((problem) => `  ${lineOf(problem)}`);
  return problems.length > SHOWN ? [...lines, `  and ${problems.length - SHOWN} more`] : lines;
}

/** A problem in one line; the message of a refusal by Lethe does not name the file. */
export function lineOf({ place, code, message }: ShownProblem): string {
  return `${message.includes(place) ? message : `${place}: ${message}`} (${code})`;
}
