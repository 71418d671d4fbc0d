import { html } from 'hono/html';
import { PAPER_INITIAL_ACCURACY, PAPER_TABLE_1 } from '../paperTable.js';
import { type DemoResults, isHeadline, type MethodGroup, type MethodOutcome } from '../results.js';
import { duration, milliseconds, percent, times } from './format.js';
import { GROUP_TITLES, latencyRows } from './wording.js';

/** What `html` makes: text that is escaped already. */
export type Markup = ReturnType<typeof html>;

/** A_r / A_u of every method after every step. */
export function accuracyTable({ steps, methods }: DemoResults): Markup {
  return html`<div class="scroll"><table>
    <caption>A_r / A_u in % after each step, measured in this run on the test images</caption>
    <thead><tr><th scope="col">method</th>${steps.map(
      ({ name, kind, classes }) =>
        html`<th scope="col">${name}<br><small>${kind === 'learn' ? 'learn' : 'unlearn'} ${classes.length > 1 ? `${classes.length} classes` : classes[0]}</small></th>`,
    )}</tr></thead>
    <tbody>${(['lethe', 'paper', 'baseline'] as const).map((group) => groupRows(group, methods, steps.length))}</tbody>
  </table></div>`;
}

function groupRows(group: MethodGroup, methods: readonly MethodOutcome[], steps: number): Markup {
  const rows = methods.filter((method) => method.group === group);
  return html`<tr class="group"><th scope="rowgroup" colspan="${steps + 1}">${GROUP_TITLES[group]}</th></tr>
    ${rows.map(
      (method) => html`<tr class="${group === 'lethe' && isHeadline(method) ? 'best' : ''}">
        <th scope="row">${method.name}</th>
        ${method.remaining.map((remaining, index) => html`<td>${pair(remaining, method.unlearned[index])}</td>`)}
      </tr>`,
    )}`;
}

/** The paper's own figures, named as such. */
export function paperTable(): Markup {
  return html`<div class="scroll"><table>
    <caption>For comparison, not measured here: Table 1 of the paper (all of CIFAR-10, ResNet-18 trained on images,
      one GPU; ${percent(PAPER_INITIAL_ACCURACY)} % on its five initial classes). A_r / A_u in %</caption>
    <thead><tr><th scope="col">method</th>${['MU-1', 'CIL-1', 'MU-1', 'CIL-1'].map((name) => html`<th scope="col">${name}</th>`)}<th scope="col">time</th></tr></thead>
    <tbody>${PAPER_TABLE_1.map(
      ({ method, remaining, unlearned, seconds }) => html`<tr><th scope="row">${method}</th>
        ${remaining.map((value, index) => html`<td>${pair(value, unlearned[index])}</td>`)}
        <td>${seconds.toLocaleString('en')} s</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** Time of each step of the live stream. */
export function stepTable({ steps }: DemoResults): Markup {
  return html`<div class="scroll"><table>
    <caption>Steps of the live stream, from the writing of the command to the event that ends it</caption>
    <thead><tr><th scope="col">step</th><th scope="col" class="text">what</th><th scope="col">time</th><th scope="col">embedding</th><th scope="col">training</th></tr></thead>
    <tbody>${steps.map(
      (
        step,
      ) => html`<tr><th scope="row">${step.name}</th><td class="text">${step.kind} ${step.classes.join(', ')}</td>
        <td>${duration(step.seconds)}</td><td>${duration(step.embeddingSeconds)}</td><td>${duration(step.trainingSeconds)}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** Unlearning against Retrain. */
export function speedTable({ unlearning }: DemoResults): Markup {
  return html`<div class="scroll"><table>
    <caption>The same request, carried out by Lethe and by Retrain</caption>
    <thead><tr><th scope="col">request</th><th scope="col">vectors moved</th><th scope="col">Lethe, command to event</th><th scope="col">Retrain, embedding not counted</th><th scope="col">faster</th></tr></thead>
    <tbody>${unlearning.map(
      ({ step, vectors, seconds, retrainSeconds }) => html`<tr><th scope="row">${step}</th><td>${vectors}</td>
        <td>${duration(seconds)}</td><td>${duration(retrainSeconds)}</td><td>${times(retrainSeconds / seconds)}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** The filter's quality and how near the answers come to Retrain's, for Lethe's default strategy and the paper's best. */
export function forgettingTable({ steps, methods }: DemoResults): Markup {
  const shown = methods.filter(isHeadline);
  const rows = shown.flatMap((method) =>
    steps.flatMap((step, index) => {
      const filter = method.filter[index];
      return filter
        ? [{ method, step: step.name, filter, divergence: method.divergence[index] ?? null }]
        : [];
    }),
  );
  return html`<div class="scroll"><table>
    <caption>The filter on the test images ("unlearned" is the positive), and the mean Jensen–Shannon divergence of the
      answers to unlearned inputs from those of Retrain (0 to 1 bit; 0: as if never learned)</caption>
    <thead><tr><th scope="col">setting</th><th scope="col">after</th><th scope="col">recall %</th><th scope="col">specificity %</th><th scope="col">JS divergence</th></tr></thead>
    <tbody>${rows.map(
      ({ method, step, filter, divergence }) =>
        html`<tr><th scope="row">${method.group === 'lethe' ? 'Lethe' : "the paper's"}</th><td>${step}</td>
        <td>${percent(filter.recall)}</td><td>${percent(filter.specificity)}</td><td>${divergence?.toFixed(3) ?? '–'}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** How well what was learned is kept. */
export function learningTable({ learning }: DemoResults): Markup {
  const points = (value: number | null): string => (value === null ? '–' : (value * 100).toFixed(1));
  return html`<div class="scroll"><table>
    <caption>Class-incremental learning, on the classes still known at the end: average incremental accuracy (%),
      forgetting (Chaudhry et al., points) and backward transfer (points)</caption>
    <thead><tr><th scope="col">learner</th><th scope="col">average accuracy</th><th scope="col">forgetting</th><th scope="col">backward transfer</th></tr></thead>
    <tbody>${learning.map(
      (row) => html`<tr><th scope="row">${row.name}</th><td>${points(row.averageIncremental)}</td>
        <td>${points(row.forgetting)}</td><td>${points(row.backwardTransfer)}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

/** Latency of live queries, idle and while a task trains. */
export function latencyTable({ live }: DemoResults): Markup {
  return html`<div class="scroll"><table>
    <caption>Latency of live image queries, from the writing of the query to its answer</caption>
    <thead><tr><th scope="col">while</th><th scope="col">queries</th><th scope="col">p50</th><th scope="col">p99</th></tr></thead>
    <tbody>${latencyRows(live).map(
      ({ name, summary }) => html`<tr><th scope="row">${name}</th><td>${summary?.count ?? 0}</td>
        <td>${summary ? `${milliseconds(summary.p50)} ms` : '–'}</td><td>${summary ? `${milliseconds(summary.p99)} ms` : '–'}</td></tr>`,
    )}</tbody>
  </table></div>`;
}

function pair(remaining: number | null, unlearned: number | null | undefined): string {
  return remaining === null ? '–' : `${percent(remaining)} / ${percent(unlearned)}`;
}
