import { html, raw } from 'hono/html';
import { style } from 'lethe/internal/report/style.js';
import { type DemoResults, HEADLINES, isHeadline } from '../results.js';
import { percent, times } from './format.js';
import {
  accuracyTable,
  forgettingTable,
  latencyTable,
  learningTable,
  type Markup,
  paperTable,
  speedTable,
  stepTable,
} from './tables.js';

/** The plots of a report, as SVG documents. */
export interface ReportPlots {
  readonly accuracy: string;
  readonly map: string;
  readonly timeline: string;
  readonly latency: string;
}

/** The demo's report: one HTML document that needs nothing beside itself. */
export async function reportPage(results: DemoResults, plots: ReportPlots): Promise<string> {
  const { facts } = results;
  const page = html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Lethe: report of the demo</title>
  <style>${raw(style)}</style>
</head>
<body><main>
  <h1>Learning and forgetting, live</h1>
  <p class="lead">Lethe's demo of ${facts.startedAt.slice(0, 16).replace('T', ' ')} UTC: ${facts.dataset},
    ${facts.embedder}, trained on ${facts.backend}, seed ${facts.seed}.</p>
  ${highlights(results)}

  <h2>Accuracy</h2>
  <p>A_r is the accuracy on test images of the remaining classes; A_u the share of test images of unlearned classes that
    are still answered with their class. The ideal is the A_r of Retrain, and 0.</p>
  ${figure(plots.accuracy, 'Accuracy on remaining and on unlearned classes after each step, by method; the table below has the same figures.', 'Methods side by side within each step.')}
  ${accuracyTable(results)}
  ${paperTable()}
  ${learningTable(results)}

  <h2>Speed</h2>
  <p>Retrain's time is the training of a new model on the vectors of the remaining classes, with nothing else running;
    their embedding is taken from the cache and not counted. Lethe's time is that of the live stream, with queries
    flowing.</p>
  ${speedTable(results)}
  ${stepTable(results)}
  ${figure(plots.timeline, 'Timeline of the steps: when each was embedded, waited, trained or unlearned; the table above has the durations.', 'From the events of the run. The next task is embedded while this one trains, and an unlearning waits for neither; only training waits for training (Fig. 2 of the paper).')}

  <h2>Live queries</h2>
  <p>Test images were sent as queries all the while: ${results.live.answered} of ${results.live.queries} were answered,
    ${percent(results.live.remaining)} % correct where the class was known. Of the queries sent after a class was
    unlearned, ${results.live.namedAfterUnlearning} were answered with it.</p>
  ${figure(plots.latency, 'Latency of each live query over the run, with the training periods shaded and the unlearnings marked; the table below sums it up.', 'Each point is an answered query.')}
  ${latencyTable(results)}

  <h2>The databases</h2>
  ${figure(plots.map, 'Two-dimensional map of the stored vectors before the first unlearning and at the end, coloured by class; crosses lie in DB-MU.', 'UMAP of a sample of the stored vectors; both panels share one map. Unlearning moves vectors from DB-CIL to DB-MU; it does not change them.')}
  ${forgettingTable(results)}

  <h2>What unlearning removed, and what it left</h2>
  ${honesty()}

  <h2>How it was run</h2>
  <dl>
    <dt>Time</dt><dd>${facts.seconds.toFixed(0)} s in all, baselines and plots included</dd>
    <dt>Data</dt><dd>${facts.dataset}</dd>
    <dt>Embedder</dt><dd>${facts.embedder}</dd>
    <dt>Training</dt><dd>SSRE over embeddings, tfjs backend ${facts.backend}</dd>
    <dt>Filter</dt><dd>${facts.filter}</dd>
    <dt>Seed</dt><dd>${facts.seed}</dd>
    <dt>Software</dt><dd>Lethe ${facts.lethe}, Node ${facts.node}, ${facts.platform}</dd>
    <dt>Machine</dt><dd>${facts.cpu}, ${facts.memoryGiB.toFixed(0)} GiB</dd>
  </dl>
</main></body>
</html>
`;
  return (await page).toString();
}

function highlights({ steps, methods, unlearning, live }: DemoResults): Markup {
  const lethe = methods.find((method) => method.group === 'lethe' && isHeadline(method));
  const last = steps.length - 1;
  const ratios = unlearning.map(({ seconds, retrainSeconds }) => retrainSeconds / seconds);
  const least = Math.min(...ratios);
  return html`<ul class="cards">
    <li><strong>${percent(lethe?.remaining[last])} %</strong> A_r at the end, strategy ${HEADLINES.lethe}</li>
    <li><strong>${percent(lethe?.unlearned[last])} %</strong> A_u at the end (the guard is on)</li>
    ${ratios.length > 0 ? html`<li><strong>${times(least)}</strong> faster than Retrain, at least</li>` : ''}
    <li><strong>${live.namedAfterUnlearning}</strong> live answers that named a forgotten class</li>
  </ul>`;
}

/** What the guard does, for readers of the report. */
function honesty(): Markup {
  return html`<ul>
    <li><strong>Removed at once:</strong> the class from every answer. The guard lets only remaining classes be named, so
      A_u = 0 holds by construction: it is a property of the decoder and <em>no evidence of forgetting</em>.</li>
    <li><strong>From then on:</strong> no later task replays or distils the class, and late samples of it are refused.</li>
    <li><strong>Left behind:</strong> the class's vectors, in DB-MU (the filter needs them); the weights that were trained
      with it, in this and in earlier checkpoints; the messages in the log. A probe of the features would find the class,
      and the answers to its inputs are not yet those of a retrained model: the divergence above says how far they are.</li>
    <li><strong>Reversible:</strong> <code>relearn</code> brings the class back without training. Whoever must forget for
      good has to rebuild the model without the class and purge what is stored.</li>
  </ul>`;
}

function figure(svg: string, alternative: string, caption: string): Markup {
  return html`<figure><div class="plot" role="img" aria-label="${alternative}">${raw(svg)}</div>
    <figcaption>${caption}</figcaption></figure>`;
}
