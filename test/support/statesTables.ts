import { codeOf } from '../../src/domain/classRefusals.js';
import { nextOf, outcomeOf, REQUESTS, STANDINGS, STEPS } from '../../src/domain/classStates.js';

/** The tables of docs/states.md, as the code says them. */
export function statesTables(): { readonly requests: string; readonly steps: string } {
  const requests = STANDINGS.map((standing) =>
    [
      standing,
      ...REQUESTS.map((request) => {
        const outcome = outcomeOf(request, standing);
        return 'to' in outcome ? nextText(outcome.to) : `\`${codeOf(outcome.refused)}\``;
      }),
    ].join(' | '),
  );
  const steps = STANDINGS.map((standing) =>
    [standing, ...STEPS.map((step) => nextText(nextOf(step, standing)))].join(' | '),
  );
  return { requests: table(['', ...REQUESTS], requests), steps: table(['', ...STEPS], steps) };
}

function nextText(next: string): string {
  return next === 'stays' ? '\u00b7' : `**${next}**`;
}

function table(heads: readonly string[], rows: readonly string[]): string {
  return [
    `| ${heads.join(' | ')} |`,
    `|${'---|'.repeat(heads.length)}`,
    ...rows.map((row) => `| ${row} |`),
  ].join('\n');
}
