import { collectDefaultMetrics, Registry } from 'prom-client';
import { type ClassRecord, type ClassState, FORGOTTEN } from '../domain/classes.js';
import type { ReasonCode } from '../domain/errors.js';
import type { LetheEvent } from '../domain/messages/event.js';
import type { Prediction } from '../domain/messages/prediction.js';
import { LiveForgetting } from './forgetting.js';
import { createInstruments, type Instruments } from './instruments.js';
import { Window } from './window.js';

/** Judged predictions over which live accuracy, recall and specificity are taken. */
const WINDOW = 1000;

/** Values that are asked for when Prometheus scrapes. */
export interface MetricSources {
  /** Vectors by database (`cil`, `mu`). */
  readonly vectors?: () => Promise<Readonly<Record<string, number>>>;
  readonly classes?: () => Readonly<Record<ClassState, number>>;
  readonly registryVersion?: () => number;
  /** Unsettled records by topic. */
  readonly lag?: () => Promise<Readonly<Record<string, number>>>;
  /** Waiting items by queue. */
  readonly queues?: () => Readonly<Record<string, number>>;
}

/** Everything that Lethe measures about itself. */
export interface Metrics {
  /** Told by operators how long a stage took: the Probe of src/operators. */
  readonly probe: { stage(stage: string, seconds: number, items: number): void };
  /** @param truth what the registry knows of the class that the query truly was of; undefined where no one said */
  observePrediction(prediction: Prediction, truth: Pick<ClassRecord, 'state' | 'task'> | undefined): void;
  observeEvent(event: LetheEvent): void;
  observeDeadLetter(reason: ReasonCode): void;
  /** @param role what is computed, e.g. `embedder`, `training`, `inference` */
  setBackend(role: string, backend: string): void;
  /** Values to be asked for at every scrape. */
  watch(sources: MetricSources): void;
  readonly contentType: string;
  /** All metrics in the text format of Prometheus. */
  expose(): Promise<string>;
  /** Ends the collection of what Node.js tells of the process. */
  close(): void;
}

/** Metrics in a registry of their own: two instances in one process do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  const truth = new LiveTruth(instruments);
  let sources: MetricSources = {};

  return {
    probe: {
      stage: (stage, seconds, items) => {
        instruments.stageDuration.observe({ stage }, seconds);
        instruments.stageItems.inc({ stage }, items);
      },
    },
    observePrediction(prediction, known) {
      instruments.queries.inc({ route: prediction.route });
      instruments.queryLatency.observe(prediction.latencyMs / 1000);
      if (prediction.truth !== undefined && known) truth.judge(prediction, prediction.truth, known);
    },
    observeEvent: (event) => observeEvent(event, instruments),
    observeDeadLetter: (reason) => instruments.deadLetters.inc({ reason }),
    setBackend: (role, backend) => instruments.backend.set({ role, backend }, 1),
    watch: (added) => {
      sources = { ...sources, ...added };
    },
    contentType: registry.contentType,
    async expose() {
      truth.publish();
      await collect(sources, instruments);
      return registry.metrics();
    },
    close: () => registry.clear(),
  };
}

/** What predictions with a known truth say about accuracy, forgetting and the filter. */
class LiveTruth {
  readonly #accuracy = { remaining: new Window(WINDOW), unlearned: new Window(WINDOW) };
  readonly #filter = { recall: new Window(WINDOW), specificity: new Window(WINDOW) };
  readonly #forgetting = new LiveForgetting(WINDOW);

  constructor(private readonly instruments: Instruments) {}

  judge(
    { label, evidence, modelVersion }: Prediction,
    truth: string,
    { state, task }: Pick<ClassRecord, 'state' | 'task'>,
  ): void {
    if (state === 'learning') return;
    const classes = FORGOTTEN.includes(state) ? 'unlearned' : 'remaining';
    const correct = label === truth;
    this.instruments.judged.inc({ classes, correct: String(correct) });
    this.#accuracy[classes].add(correct);
    if (classes === 'unlearned') {
      this.#filter.recall.add(evidence.filtered);
    } else {
      this.#filter.specificity.add(!evidence.filtered);
      this.#forgetting.add(task, modelVersion, correct);
    }
  }

  publish(): void {
    const { accuracy, filterRecall, filterSpecificity, forgetting } = this.instruments;
    const { recall, specificity } = this.#filter;
    for (const [classes, window] of Object.entries(this.#accuracy)) {
      if (window.count > 0) accuracy.set({ classes }, window.ratio);
    }
    if (recall.count > 0) filterRecall.set({ source: 'live' }, recall.ratio);
    if (specificity.count > 0) filterSpecificity.set({ source: 'live' }, specificity.ratio);
    forgetting.reset();
    for (const [task, ratio] of this.#forgetting.byTask()) forgetting.set({ task }, ratio);
  }
}

function observeEvent(event: LetheEvent, instruments: Instruments): void {
  switch (event.kind) {
    case 'task-epoch':
      instruments.trainingLoss.set(event.loss);
      instruments.trainingEpochs.inc();
      return;
    case 'task-finished':
      instruments.tasks.inc({ outcome: 'finished' });
      instruments.trainingDuration.observe(event.ms / 1000);
      return;
    case 'task-failed':
      instruments.tasks.inc({ outcome: 'failed' });
      return;
    case 'model-published':
      instruments.model.reset();
      instruments.model.set({ version: event.model.version }, 1);
      return;
    case 'unlearned':
      instruments.unlearnDuration.observe({ by: event.by }, event.ms / 1000);
      observeMigration('unlearn', event, instruments);
      return;
    case 'relearned':
      observeMigration('relearn', event, instruments);
      return;
    case 'filter-calibrated':
      instruments.filterLevel.set(event.level);
      if (event.recall !== null) instruments.filterRecall.set({ source: 'calibration' }, event.recall);
      if (event.specificity !== null) {
        instruments.filterSpecificity.set({ source: 'calibration' }, event.specificity);
      }
      return;
    case 'command-rejected':
      instruments.commandsRejected.inc({ reason: event.error.code });
      return;
  }
}

function observeMigration(
  direction: 'unlearn' | 'relearn',
  { classes, ms }: Extract<LetheEvent, { kind: 'unlearned' | 'relearned' }>,
  instruments: Instruments,
): void {
  instruments.migrations.inc({ direction });
  instruments.migratedVectors.inc(
    { direction },
    classes.reduce((sum, { moved }) => sum + moved, 0),
  );
  instruments.migrationDuration.observe({ direction }, ms / 1000);
}

async function collect(sources: MetricSources, instruments: Instruments): Promise<void> {
  const [vectors, lag] = await Promise.all([sources.vectors?.(), sources.lag?.()]);
  for (const [database, count] of Object.entries(vectors ?? {})) instruments.vectors.set({ database }, count);
  for (const [topic, records] of Object.entries(lag ?? {})) instruments.consumerLag.set({ topic }, records);
  for (const [queue, depth] of Object.entries(sources.queues?.() ?? {}))
    instruments.queueDepth.set({ queue }, depth);
  for (const [state, count] of Object.entries(sources.classes?.() ?? {}))
    instruments.classes.set({ state }, count);
  const version = sources.registryVersion?.();
  if (version !== undefined) instruments.registryVersion.set(version);
}
