import type { Board } from './board.js';
import { CHOSEN, heat, lines, MODEL, newest, perSecond, quantile } from './panels.js';

/** Queries in, answers out. */
export const pipeline: Board = {
  uid: 'lethe-pipeline',
  title: 'Pipeline',
  description: 'Throughput, latency, queues and refusals.',
  variables: { stage: `label_values(lethe_stage_duration_seconds_count{${MODEL}}, stage)` },
  panels: [
    newest({
      title: 'Answers now',
      description: 'Queries answered per second, over five minutes and all workers.',
      unit: 'reqps',
      width: 6,
      queries: { answers: `model:lethe_queries:rate5m{${MODEL}}` },
    }),
    newest({
      title: 'Latency now',
      description:
        'Time from writing a query to its answer, over five minutes and all workers: half and 99 % are faster.',
      unit: 's',
      width: 6,
      queries: {
        p50: `model:lethe_query_latency_seconds:p50_5m{${MODEL}}`,
        p99: `model:lethe_query_latency_seconds:p99_5m{${MODEL}}`,
      },
    }),
    newest({
      title: 'Lag now',
      description: 'Records written and not yet settled, by topic.',
      unit: 'short',
      width: 6,
      queries: { '{{topic}}': `model_topic:lethe_consumer_lag_records:max{${MODEL}}` },
    }),
    newest({
      title: 'Refused now',
      description: 'Share of the records of the last five minutes that became dead letters.',
      unit: 'percentunit',
      width: 6,
      queries: { refused: `model:lethe_dead_letters:ratio_rate5m{${MODEL}}` },
      colours: [
        { value: null, color: 'green' },
        { value: 0.01, color: 'red' },
      ],
    }),
    lines({
      title: 'Answers',
      description:
        'Queries answered per second, by route: the model, or the output strategy for inputs of unlearned classes.',
      unit: 'reqps',
      min: 0,
      queries: { '{{route}}': perSecond('lethe_queries_total', ['route']) },
    }),
    lines({
      title: 'Latency of answers',
      description: 'Time from writing a query to its answer: half, 95 % and 99 % of the queries are faster.',
      unit: 's',
      min: 0,
      queries: {
        p50: quantile(0.5, 'lethe_query_latency_seconds'),
        p95: quantile(0.95, 'lethe_query_latency_seconds'),
        p99: quantile(0.99, 'lethe_query_latency_seconds'),
      },
    }),
    heat({
      title: 'Spread of latency',
      description: 'Distribution over time: from writing a query to its answer.',
      histogram: 'lethe_query_latency_seconds',
    }),
    lines({
      title: 'Time by stage',
      description: 'Duration of a stage for a batch: 95 % are faster.',
      unit: 's',
      min: 0,
      queries: {
        '{{stage}}': quantile(0.95, 'lethe_stage_duration_seconds', ['stage'], `${CHOSEN}, stage=~"$stage"`),
      },
    }),
    lines({
      title: 'Items by stage',
      description: 'Items that a stage handles per second.',
      unit: 'ops',
      min: 0,
      queries: { '{{stage}}': perSecond('lethe_stage_items_total', ['stage'], `${CHOSEN}, stage=~"$stage"`) },
    }),
    lines({
      title: 'Consumer lag',
      description:
        'Records written and not yet settled, by topic. Growing lag of queries: more workers of role infer.',
      unit: 'short',
      min: 0,
      queries: { '{{topic}}': `max by (topic) (lethe_consumer_lag_records{${CHOSEN}})` },
    }),
    lines({
      title: 'Queues',
      description: 'Items that wait for the embedder: live queries (urgent) and samples (background).',
      unit: 'short',
      min: 0,
      queries: { '{{queue}} {{worker}}': `lethe_queue_depth{${CHOSEN}}` },
    }),
    lines({
      title: 'Dead letters by reason',
      description:
        'Records refused in the last five minutes. Each is in the topic of dead letters, with a remedy.',
      unit: 'short',
      min: 0,
      queries: { '{{reason}}': `sum by (reason) (increase(lethe_dead_letters_total{${CHOSEN}}[5m])) > 0` },
    }),
    heat({
      title: 'Distribution of stage $stage',
      description: 'Distribution over time: duration of the stage for a batch.',
      histogram: 'lethe_stage_duration_seconds',
      matchers: `${CHOSEN}, stage=~"$stage"`,
      width: 8,
    })
      .repeat('stage')
      .maxPerRow(3),
  ],
};

/** The processes. */
export const workers: Board = {
  uid: 'lethe-workers',
  title: 'Workers',
  description: 'Readiness, backends and resources of the workers.',
  panels: [
    newest({
      title: 'Ready',
      description: 'Whether the worker accepts work.',
      unit: 'bool_yes_no',
      width: 6,
      queries: { '{{worker}}': `lethe_ready{${CHOSEN}}` },
      colours: [
        { value: null, color: 'red' },
        { value: 1, color: 'green' },
      ],
    }),
    newest({
      title: 'Role',
      description: 'Role of the worker: learn, infer or all.',
      unit: 'none',
      width: 6,
      names: true,
      queries: { '{{worker}}: {{role}}': `lethe_worker_info{${CHOSEN}}` },
    }),
    newest({
      title: 'Learner',
      description: 'The one worker that learns and unlearns; others of its role stand by.',
      unit: 'bool_yes_no',
      width: 6,
      queries: { '{{worker}}': `lethe_learner{${CHOSEN}}` },
    }),
    newest({
      title: 'Firing alerts',
      description:
        'Firing alerts of Prometheus, of all models and workers. docs/runbooks.md says what to do.',
      unit: 'none',
      width: 6,
      queries: {
        '{{alertname}}': 'count by (alertname) (ALERTS{alertstate="firing", alertname=~"Lethe.*"})',
      },
    }),
    newest({
      title: 'Backends',
      description: 'Backends of embedding, training and inference.',
      unit: 'none',
      width: 12,
      names: true,
      queries: { '{{role}}: {{backend}}': `count by (role, backend) (lethe_backend_info{${CHOSEN}})` },
    }),
    newest({
      title: 'Models',
      description: 'Version of the current model, and the number of workers that answer with it.',
      unit: 'none',
      width: 12,
      queries: { '{{version}}': `count by (version) (lethe_model_info{${CHOSEN}})` },
    }),
    lines({
      title: 'Memory',
      description: 'Resident memory of the process.',
      unit: 'bytes',
      min: 0,
      queries: { '{{worker}}': `process_resident_memory_bytes{${CHOSEN}}` },
    }),
    lines({
      title: 'Memory of Node.js',
      description: 'Used heap, and external memory: vectors, images, buffers.',
      unit: 'bytes',
      min: 0,
      queries: {
        'heap {{worker}}': `nodejs_heap_size_used_bytes{${CHOSEN}}`,
        'external {{worker}}': `nodejs_external_memory_bytes{${CHOSEN}}`,
      },
    }),
    lines({
      title: 'CPU',
      description:
        'Cores that the process uses, including its threads. A training is a separate process and not included.',
      unit: 'none',
      min: 0,
      queries: { '{{worker}}': `rate(process_cpu_seconds_total{${CHOSEN}}[$__rate_interval])` },
    }),
    lines({
      title: 'Event loop',
      description: 'Delay of the event loop of Node.js: 99 % of its turns are faster.',
      unit: 's',
      min: 0,
      queries: { '{{worker}}': `nodejs_eventloop_lag_p99_seconds{${CHOSEN}}` },
    }),
    lines({
      title: 'Waits for',
      description: 'What a worker that is not ready waits for.',
      unit: 'none',
      min: 0,
      queries: { '{{worker}}: {{what}}': `lethe_waiting_for{${CHOSEN}}` },
    }),
    lines({
      title: 'Missing values',
      description: 'Scrapes of the last five minutes in which Kafka or Redis did not respond in time.',
      unit: 'none',
      min: 0,
      queries: {
        '{{source}} {{worker}}': `sum by (source, worker) (increase(lethe_metric_source_failures_total{${CHOSEN}}[5m]))`,
      },
    }),
  ],
};
