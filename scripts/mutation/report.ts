/**
 * Puts the results of mutation runs (run.ts) into docs/mutation.md, each area between its marks; areas that were not run here
 * stay as they are. Survivors are judged in judged.json. `npm run docs:mutation`
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { AREAS, resultFile } from './areas.js';
import {
  type Counts,
  countsOf,
  type Report,
  reportSchema,
  type Survivor,
  scoreOf,
  survivorsOf,
} from './survivors.js';

const DOCUMENT = new URL('../../docs/mutation.md', import.meta.url);

/** `code` and `into` as the report shows them; `*` stands for any. */
const judgedSchema = z.array(
  z.strictObject({
    file: z.string(),
    code: z.string(),
    into: z.string(),
    verdict: z.enum(['equivalent', 'accepted', 'test added']),
    why: z.string(),
  }),
);
type Judged = z.infer<typeof judgedSchema>;

const COLUMNS = '| file | killed | timed out | survived | not covered | score |\n|---|--:|--:|--:|--:|--:|';

function row(name: string, counts: Counts): string {
  const { killed, timeout, survived, uncovered } = counts;
  const score = scoreOf(counts);
  return `| ${name} | ${killed} | ${timeout} | ${survived} | ${uncovered} | ${score === null ? '–' : `${score.toFixed(1)} %`} |`;
}

function section(report: Report, judged: Judged): string {
  const files = Object.entries(report.files)
    .map(([file, { mutants }]) => ({ file, counts: countsOf(mutants) }))
    .filter(({ counts }) => scoreOf(counts) !== null)
    .sort((a, b) => a.file.localeCompare(b.file));
  const total: Counts = { killed: 0, timeout: 0, survived: 0, uncovered: 0 };
  for (const { counts } of files)
    for (const key of ['killed', 'timeout', 'survived', 'uncovered'] as const) total[key] += counts[key];
  const survivors = survivorsOf(report);
  return [
    COLUMNS,
    ...files.map(({ file, counts }) => row(`\`${file}\``, counts)),
    row('**all**', total),
    ...(survivors.length === 0
      ? []
      : [
          '',
          '| survivor | changed into | verdict |',
          '|---|---|---|',
          ...survivors.map((each) => survivorRow(each, judged)),
        ]),
  ].join('\n');
}

function survivorRow(survivor: Survivor, judged: Judged): string {
  const { file, line, code, into } = survivor;
  const matches = (wanted: string, found: string): boolean => wanted === '*' || wanted === found;
  const judgement = judged.find(
    (each) => each.file === file && matches(each.code, code) && matches(each.into, into),
  );
  const verdict = judgement ? `${judgement.verdict}: ${judgement.why}` : 'not judged yet';
  return `| \`${file}\` line ${line}: ${quoted(code)} | ${quoted(into)} | ${verdict} |`;
}

/** As code in a table. */
function quoted(code: string): string {
  return code === '' ? 'nothing' : `\`\` ${code.replaceAll('|', '\\|')} \`\``;
}

const judged = judgedSchema.parse(
  JSON.parse(await readFile(new URL('judged.json', import.meta.url), 'utf8')),
);
let document = await readFile(DOCUMENT, 'utf8');
for (const area of Object.keys(AREAS)) {
  if (!existsSync(resultFile(area))) continue;
  const report = reportSchema.parse(JSON.parse(await readFile(resultFile(area), 'utf8')));
  const marked = new RegExp(`<!-- area: ${area} -->[\\s\\S]*?<!-- end of area -->`);
  if (!marked.test(document)) throw new Error(`docs/mutation.md has no place for the area "${area}"`);
  document = document.replace(
    marked,
    () => `<!-- area: ${area} -->\n${section(report, judged)}\n<!-- end of area -->`,
  );
}
await writeFile(DOCUMENT, document);
