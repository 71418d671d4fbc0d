import { collectDefaultMetrics, Registry } from 'prom-client';
import type { ClassRecord } from '../domain/classes.js';
import { REASON_CODES, type ReasonCode } from '../domain/errors.js';
import type { EventKind, LetheEvent } from '../domain/messages/event.js';
import type { Prediction } from '../domain/messages/prediction.js';
import { Buffer, type Increments } from './buffered.js';
import { createInstruments, type Instruments } from './instruments.js';
import { LiveTruth } from './liveTruth.js';
import { type Erasing, observeEvent } from './observeEvent.js';
import { type MetricSources, Sources } from './sources.js';

/** Whose metrics they are: labels of every series, by which dashboards choose. */
export interface Measured {
  /** Name of the model: of the deployment. */
  readonly model: string;
  /** Name of the worker. */
  readonly worker: string;
  /** `learn`, `infer` or `all`; only `lethe_worker_info` has it as a label. */
  readonly role: string;
}

/** Everything that Lethe measures about itself. */
export interface Metrics {
  /** Told by operators how long a stage took: the Probe of src/operators. */
  readonly probe: { stage(stage: string, seconds: number, sources: readonly unknown[]): void };
  /**
   * @param truth the registry's record of the true class of the query when the answer was made; undefined without a
   * truth
   */
  observePrediction(prediction: Prediction, truth: Pick<ClassRecord, 'state' | 'task'> | undefined): void;
  /** @param askedAt when the command that the event answers was written, in milliseconds since the epoch */
  observeEvent(event: LetheEvent, askedAt?: number): void;
  observeDeadLetter(reason: ReasonCode): void;
  /** Records of a topic were deleted before they were read. */
  observeLoss(topic: string, records: number): void;
  /** An event that the registry did not confirm, of a kind of the code. */
  observeUnconfirmed(kind: EventKind): void;
  /** A topology runs, or failed and starts again. */
  observeTopology(topology: string, is: 'running' | 'restarting'): void;
  /** @param role what is computed, e.g. `embedder`, `training`, `inference` */
  setBackend(role: string, backend: string): void;
  /** The model that answers from now on. */
  setModel(version: string): void;
  /** Whether this worker is the learner, or stands by for another. */
  setLearner(learner: boolean): void;
  /** Values to be asked for at every scrape. */
  watch(sources: MetricSources): void;
  readonly contentType: string;
  /** All metrics in the text format of Prometheus. */
  expose(): Promise<string>;
  /** Ends the collection of Node.js metrics. */
  close(): void;
}

/** Metrics in a registry of their own: two instances in one process do not meet. */
export function createMetrics(measured?: Measured): Metrics {
  const registry = new Registry();
  if (measured) registry.setDefaultLabels({ model: measured.model, worker: measured.worker });
  collectDefaultMetrics({ register: registry });
  const instruments = createInstruments(registry);
  if (measured) instruments.worker.set({ role: measured.role }, 1);
  beginAtZero(instruments);
  if (measured?.role !== 'infer') learnerBeginsAtZero(instruments);
  const buffer = new Buffer();
  const stages = new Map<string, ReturnType<typeof stageIn>>();
  const routes = new Map<string, Increments<'route'>>();
  const queryLatency = buffer.observations(instruments.queryLatency);
  const truth = new LiveTruth(instruments, buffer);
  const erasing: Erasing = new Map();
  const sources = new Sources(instruments);

  return {
    probe: {
      stage: (name, seconds, { length }) => {
        const { duration, items } = kept(stages, name, (stage) => stageIn(buffer, instruments, stage));
        duration.observe(seconds);
        items.add(length);
      },
    },
    observePrediction(prediction, known) {
      kept(routes, prediction.route, (route) => buffer.increments(instruments.queries, { route })).add();
      if (prediction.latencyMs !== null) queryLatency.observe(prediction.latencyMs / 1000);
      if (prediction.truth !== undefined && known) truth.judge(prediction, prediction.truth, known);
    },
    observeEvent: (event, askedAt) => observeEvent(event, instruments, erasing, askedAt),
    observeDeadLetter: (reason) => instruments.deadLetters.inc({ reason }),
    observeLoss: (topic, records) => instruments.lostRecords.inc({ topic }, records),
    observeUnconfirmed: (kind) => instruments.unconfirmedEvents.inc({ kind }),
    observeTopology: (topology, is) => instruments.restarts.inc({ topology }, is === 'restarting' ? 1 : 0),
    setBackend: (role, backend) => instruments.backend.set({ role, backend }, 1),
    setModel: (version) => {
      instruments.model.reset();
      instruments.model.set({ version }, 1);
    },
    setLearner: (learner) => instruments.learner.set(Number(learner)),
    watch: (added) => sources.add(added),
    contentType: registry.contentType,
    async expose() {
      buffer.flush();
      truth.publish();
      await sources.collect();
      return registry.metrics();
    },
    close: () => registry.clear(),
  };
}

/** The observations of one stage. */
function stageIn(buffer: Buffer, { stageDuration, stageItems }: Instruments, stage: string) {
  return {
    duration: buffer.observations(stageDuration, { stage }),
    items: buffer.increments(stageItems, { stage }),
  };
}

/** The value of a key, made when it is first asked for. */
function kept<V>(values: Map<string, V>, key: string, make: (key: string) => V): V {
  const value = values.get(key) ?? make(key);
  values.set(key, value);
  return value;
}

/** Creates series at 0: a series that appears with its first event hides that event from `rate`. */
function beginAtZero({ deadLetters }: Instruments): void {
  for (const reason of REASON_CODES) deadLetters.inc({ reason }, 0);
}

/** The same for series of a learner. */
function learnerBeginsAtZero(instruments: Instruments): void {
  const { tasks, rebuilds, erasures, migrations, migratedVectors } = instruments;
  for (const outcome of ['finished', 'failed']) tasks.inc({ outcome }, 0);
  for (const outcome of ['rebuilt', 'revised', 'failed']) rebuilds.inc({ outcome }, 0);
  for (const outcome of ['erased', 'failed']) erasures.inc({ outcome }, 0);
  for (const direction of ['unlearn', 'relearn']) {
    migrations.inc({ direction }, 0);
    migratedVectors.inc({ direction }, 0);
    instruments.migrationDuration.zero({ direction });
  }
  for (const by of ['name', 'examples', 'id', 'subject']) {
    instruments.unlearnDuration.zero({ by });
    instruments.timeToForget.zero({ by });
  }
}
