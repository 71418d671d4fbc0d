import { aligned } from 'lethe/internal/report/aligned.js';
import type { DemoResults } from '../results.js';
import { duration, milliseconds, percent, times } from './format.js';
import { GROUP_TITLES, latencyRows } from './wording.js';

/** The results as plain text for a terminal, at most 100 columns wide. */
export function textSummary(results: DemoResults): string {
  return [accuracyText(results), stepsText(results), speedText(results), liveText(results)].join('\n\n');
}

function accuracyText({ steps, methods }: DemoResults): string {
  const rows: string[][] = [['A_r / A_u in %', ...steps.map(({ name }) => name)]];
  const what = steps.map(({ kind, classes }) =>
    classes.length > 1 ? `${classes.length} classes` : `${kind === 'learn' ? '+' : '-'}${classes[0]}`,
  );
  rows.push(['', ...what]);
  for (const group of ['lethe', 'paper', 'baseline'] as const) {
    rows.push([GROUP_TITLES[group]]);
    for (const method of methods.filter((other) => other.group === group)) {
      const figures = method.remaining.map((remaining, index) =>
        remaining === null ? '–' : `${percent(remaining)} / ${percent(method.unlearned[index])}`,
      );
      rows.push([`  ${method.name}`, ...figures]);
    }
  }
  return aligned(rows);
}

function stepsText({ steps }: DemoResults): string {
  return aligned([
    ['Step', 'time', 'embedding', 'training'],
    ...steps.map((step) => [
      `  ${step.name}: ${step.kind} ${step.classes.join(', ')}`,
      duration(step.seconds),
      duration(step.embeddingSeconds),
      duration(step.trainingSeconds),
    ]),
  ]);
}

function speedText({ unlearning }: DemoResults): string {
  return aligned([
    ['Unlearning', 'Lethe', 'Retrain', 'faster'],
    ...unlearning.map(({ step, vectors, seconds, retrainSeconds }) => [
      `  ${step} (${vectors} vectors)`,
      duration(seconds),
      duration(retrainSeconds),
      times(retrainSeconds / seconds),
    ]),
    ['  Retrain: training on the remaining vectors, their embedding not counted'],
  ]);
}

function liveText({ live }: DemoResults): string {
  return [
    aligned([
      ['Live queries while', 'count', 'p50', 'p99'],
      ...latencyRows(live).map(({ name, summary }) => [
        `  ${name}`,
        String(summary?.count ?? 0),
        summary ? `${milliseconds(summary.p50)} ms` : '–',
        summary ? `${milliseconds(summary.p99)} ms` : '–',
      ]),
    ]),
    `  ${live.answered} of ${live.queries} answered, ${percent(live.remaining)} % correct where the class was known;`,
    `  ${live.namedAfterUnlearning} answers named a class that had been unlearned before the query was sent`,
  ].join('\n');
}
