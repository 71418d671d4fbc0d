import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const MILLISECONDS_TO_SECONDS = [
  0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const MILLISECONDS_TO_MINUTES = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2.5, 5, 10, 30, 60,
];
const SECONDS_TO_HOUR = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/**
 * All metrics of Lethe, with the conventions of Prometheus: base units, `_total`, few label values. No label contains
 * a class: users name classes without limit, and an erased one must not survive in Prometheus. Labels contain words
 * of the code (a stage, a reason); {@link LiveForgetting} bounds `task`, and `version` has one value at a time.
 */
export function createInstruments(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name: `lethe_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name: `lethe_${name}`, help, labelNames, registers });
  const seconds = <L extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly L[] = [],
  ) => new Histogram<L>({ name: `lethe_${name}_seconds`, help, labelNames, buckets, registers });

  return {
    queries: counter('queries_total', 'Queries answered, by route.', ['route']),
    queryLatency: seconds(
      'query_latency',
      'Time from the timestamp of a query to its answer.',
      MILLISECONDS_TO_SECONDS,
    ),
    judged: counter('judged_predictions_total', 'Predictions whose query carried the truth.', [
      'classes',
      'correct',
    ]),
    accuracy: gauge(
      'accuracy_ratio',
      'Share of the last predictions with a truth that name the true class: A_r for remaining classes, A_u for unlearned ones (ideal: 0).',
      ['classes'],
    ),
    coverage: gauge(
      'coverage_ratio',
      'Share of the last predictions with a truth that name a class: below 1 if some inputs get no class. Accuracy divided by coverage is the accuracy on the inputs that get one.',
      ['classes'],
    ),
    forgetting: gauge('forgetting_ratio', 'Best accuracy under an earlier model minus accuracy now.', [
      'task',
    ]),
    filterRecall: gauge('filter_recall_ratio', 'Share of unlearned inputs that the filter stops.', [
      'source',
    ]),
    filterSpecificity: gauge(
      'filter_specificity_ratio',
      'Share of remaining inputs that the filter passes.',
      ['source'],
    ),
    filterLevel: gauge('filter_level', 'Score from which the filter treats an input as unlearned.'),
    vectors: gauge('database_vectors', 'Vectors in DB-CIL and DB-MU.', ['database']),
    unannouncedSamples: gauge(
      'unannounced_samples',
      'Stored samples of classes that no learn command has announced.',
    ),
    incompleteErasures: gauge(
      'incomplete_erasures',
      'Erased classes whose places were not all checked, or of which something may remain.',
    ),
    classes: gauge('classes', 'Classes in the registry.', ['state']),
    registryVersion: gauge('registry_version', 'Version of the class registry.'),
    migrations: counter('migrations_total', 'Migrations between the databases.', ['direction']),
    migratedVectors: counter('migrated_vectors_total', 'Vectors moved between the databases.', ['direction']),
    migrationDuration: seconds(
      'migration_duration',
      'Time from reading a command to the end of its move.',
      MILLISECONDS_TO_SECONDS,
      ['direction'],
    ),
    unlearnDuration: seconds(
      'unlearn_duration',
      'Time from reading an unlearn request to its end.',
      MILLISECONDS_TO_SECONDS,
      ['by'],
    ),
    timeToForget: seconds(
      'time_to_forget',
      'Time from the timestamp of an unlearn command to its event. After the event, no answer names the class.',
      MILLISECONDS_TO_MINUTES,
      ['by'],
    ),
    erasures: counter('erasures_total', 'Erase requests that ended.', ['outcome']),
    timeToErase: seconds(
      'time_to_erase',
      'Time from the timestamp of an erase command to the deletion of everything that contained its classes.',
      SECONDS_TO_HOUR,
    ),
    broughtForward: counter(
      'store_brought_forward_total',
      'Times that the store returned to an older state and Lethe repaired it.',
    ),
    rebuilds: counter('rebuilds_total', 'Models made without forgotten classes or samples.', ['outcome']),
    lastEvent: gauge('last_event_timestamp_seconds', 'Time of the last event of this kind on this worker.', [
      'event',
    ]),
    commandsRejected: counter('commands_rejected_total', 'Commands refused.', ['reason']),
    deadLetters: counter('dead_letters_total', 'Records refused.', ['reason']),
    unconfirmedEvents: counter(
      'unconfirmed_events_total',
      'Events about an effect that the registry does not confirm: another program wrote them, or the store went back.',
      ['kind'],
    ),
    lostRecords: counter('lost_records_total', 'Records that were deleted before they were read.', ['topic']),
    restarts: counter('topology_restarts_total', 'Times that a topology failed and was restarted.', [
      'topology',
    ]),
    stageDuration: seconds('stage_duration', 'Duration of a stage, for a batch.', MILLISECONDS_TO_SECONDS, [
      'stage',
    ]),
    stageItems: counter('stage_items_total', 'Items that a stage handled.', ['stage']),
    queueDepth: gauge('queue_depth', 'Items that wait in a queue.', ['queue']),
    consumerLag: gauge('consumer_lag_records', 'Records written and not yet settled.', ['topic']),
    sourceFailures: counter(
      'metric_source_failures_total',
      'Scrapes in which Kafka or Redis did not respond in time.',
      ['source'],
    ),
    trainingActive: gauge('training_active', '1 while a task trains, otherwise 0.'),
    trainingEpoch: gauge('training_epoch', 'Last finished epoch of the current or last training.'),
    trainingEpochsPlanned: gauge('training_epochs_planned', 'Epochs of the current or last training.'),
    trainingEpochDuration: gauge('training_epoch_duration_seconds', 'Duration of the last epoch.'),
    trainingProgress: gauge(
      'training_progress_timestamp_seconds',
      'Time of the last progress of a training.',
    ),
    trainingLoss: gauge('training_loss', 'Loss of the last epoch.'),
    trainingEpochs: counter('training_epochs_total', 'Epochs trained.'),
    trainingDuration: seconds('training_duration', 'Duration of the training of a task.', SECONDS_TO_HOUR),
    tasks: counter('tasks_total', 'Tasks ended.', ['outcome']),
    openTasks: gauge('open_tasks', 'Tasks that receive samples, wait for training, or train.'),
    ready: gauge('ready', '1 if the worker accepts work, otherwise 0.'),
    live: gauge('live', '0 if only a restart helps, otherwise 1.'),
    waitingFor: gauge(
      'waiting_for',
      'What a worker waits for before it is ready, trains or erases. Always 1.',
      ['what'],
    ),
    learner: gauge('learner', '1 for the worker that learns, 0 for one that stands by.'),
    worker: gauge('worker_info', 'The role of the worker; always 1.', ['role']),
    backend: gauge('backend_info', 'The TensorFlow backend, by role; always 1.', ['backend', 'role']),
    model: gauge('model_info', 'The current model of the worker; always 1.', ['version']),
  };
}
export type Instruments = ReturnType<typeof createInstruments>;
