import type { RefusedSamples } from './refusedSamples.js';
import { type SampleSurvey, shownProblem } from './sampleSurvey.js';

/** What became of the samples of a class. */
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

/** What became of the samples of each class, as far as it is known. */
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

/** Lines about the classes of which not everything was stored; none where all was. */
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

/** Lines about what is not sent, by class. */
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

/** A problem on a line; the message of what was refused elsewhere does not name the file. */
export function lineOf({ place, code, message }: ShownProblem): string {
  return `${message.includes(place) ? message : `${place}: ${message}`} (${code})`;
}
