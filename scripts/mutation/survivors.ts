import { z } from 'zod';

const positionSchema = z.object({ line: z.int(), column: z.int() });
const mutantSchema = z.object({
  status: z.string(),
  mutatorName: z.string(),
  replacement: z.string().optional(),
  location: z.object({ start: positionSchema, end: positionSchema }),
});
/** What is read of Stryker's report (mutation-testing-report-schema). */
export const reportSchema = z.object({
  files: z.record(z.string(), z.object({ source: z.string(), mutants: z.array(mutantSchema) })),
});
export type Report = z.infer<typeof reportSchema>;
type Mutant = z.infer<typeof mutantSchema>;

/** What became of the mutants of a file. */
export interface Counts {
  killed: number;
  timeout: number;
  survived: number;
  uncovered: number;
}

/** A change that no test saw. */
export interface Survivor {
  readonly file: string;
  readonly line: number;
  /** The code that was changed, in one line. */
  readonly code: string;
  readonly into: string;
}

/** How many mutants of a file were killed, ran too long, survived, or lie where no test comes. Others are not valid. */
export function countsOf(mutants: readonly Mutant[]): Counts {
  const of = (status: string): number => mutants.filter((mutant) => mutant.status === status).length;
  return {
    killed: of('Killed'),
    timeout: of('Timeout'),
    survived: of('Survived'),
    uncovered: of('NoCoverage'),
  };
}

/** Share of the valid mutants that were noticed, in percent; null where there is none. */
export function scoreOf({ killed, timeout, survived, uncovered }: Counts): number | null {
  const valid = killed + timeout + survived + uncovered;
  return valid === 0 ? null : (100 * (killed + timeout)) / valid;
}

/** The changes that no test saw, by place. */
export function survivorsOf({ files }: Report): Survivor[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
      .map(({ location, replacement = '' }) => ({
        file,
        line: location.start.line,
        code: inOneLine(textAt(source, location)),
        into: inOneLine(replacement),
      }))
      .sort((a, b) => a.line - b.line),
  );
}

function textAt(source: string, { start, end }: Mutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((line, index) =>
      line.slice(index === 0 ? start.column - 1 : 0, index === last ? end.column - 1 : undefined),
    )
    .join('\n');
}

const LONGEST = 90;

function inOneLine(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
