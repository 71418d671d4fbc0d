import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { Prediction } from '../../../src/domain/messages/prediction.js';
import { createMetrics, type Metrics } from '../../../src/telemetry/metrics.js';

const open: Metrics[] = [];
function metricsUnderTest(): Metrics {
  const metrics = createMetrics();
  open.push(metrics);
  return metrics;
}
afterEach(() => {
  for (const metrics of open.splice(0)) metrics.close();
});

/** The exported samples of Lethe, by name with labels. */
async function samples(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.expose()).split('\n').filter((line) => line.startsWith('lethe_'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

function prediction(changes: Partial<Prediction> & { filtered?: boolean } = {}): Prediction {
  const { filtered = false, ...rest } = changes;
  return {
    queryId: 'q',
    label: 'cat',
    probabilities: [],
    route: 'model',
    evidence: { filtered, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
    modelVersion: 'v1',
    registryVersion: 1,
    latencyMs: 20,
    truth: 'cat',
    ...rest,
  };
}

const learned = { state: 'learned', task: 't1' } as const;
const unlearned = { state: 'unlearned', task: 't1' } as const;

describe('metrics', () => {
  it('count queries by route, and their latency in seconds', async () => {
    const metrics = metricsUnderTest();
    metrics.observePrediction(prediction(), undefined);
    metrics.observePrediction(prediction({ route: 'strategy:nearest', latencyMs: 40 }), undefined);
    const seen = await samples(metrics);
    expect(seen.get('lethe_queries_total{route="model"}')).toBe(1);
    expect(seen.get('lethe_queries_total{route="strategy:nearest"}')).toBe(1);
    expect(seen.get('lethe_query_latency_seconds_sum')).toBeCloseTo(0.06);
    expect(seen.get('lethe_query_latency_seconds_bucket{le="0.025"}')).toBe(1);
  });

  it('hold every observation when they are read, however many wait for each other meanwhile', async () => {
    const metrics = metricsUnderTest();
    const told = fc.sample(fc.integer({ min: 1, max: 999 }), { numRuns: 700, seed: 1993 });
    let checked = 0;
    for (const [index, ms] of told.entries()) {
      metrics.probe.stage('decode', ms / 1000, Array(ms));
      metrics.observePrediction(prediction({ latencyMs: ms }), learned);
      if (index % 150 !== 149) continue;
      checked++;
      const until = told.slice(0, index + 1);
      const sum = until.reduce((total, each) => total + each, 0);
      const seen = await samples(metrics);
      expect(seen.get('lethe_stage_duration_seconds_count{stage="decode"}')).toBe(until.length);
      expect(seen.get('lethe_stage_duration_seconds_sum{stage="decode"}')).toBeCloseTo(sum / 1000);
      expect(seen.get('lethe_stage_duration_seconds_bucket{le="0.25",stage="decode"}')).toBe(
        until.filter((each) => each <= 250).length,
      );
      expect(seen.get('lethe_stage_items_total{stage="decode"}')).toBe(sum);
      expect(seen.get('lethe_queries_total{route="model"}')).toBe(until.length);
      expect(seen.get('lethe_query_latency_seconds_count')).toBe(until.length);
      expect(seen.get('lethe_judged_predictions_total{classes="remaining",correct="true"}')).toBe(
        until.length,
      );
    }
    expect(checked).toBe(4);
  });

  it('tell accuracy on remaining and unlearned classes, recall and specificity, from the truth', async () => {
    const metrics = metricsUnderTest();
    metrics.observePrediction(prediction(), learned);
    metrics.observePrediction(prediction({ label: 'dog' }), learned);
    metrics.observePrediction(prediction({ filtered: true }), learned);
    metrics.observePrediction(prediction({ truth: 'frog', filtered: true }), unlearned);
    metrics.observePrediction(prediction({ truth: 'frog' }), unlearned);
    metrics.observePrediction(prediction({ truth: 'owl' }), { state: 'learning', task: 't2' });
    const seen = await samples(metrics);
    expect(seen.get('lethe_accuracy_ratio{classes="remaining"}')).toBeCloseTo(2 / 3);
    expect(seen.get('lethe_accuracy_ratio{classes="unlearned"}')).toBe(0);
    expect(seen.get('lethe_filter_recall_ratio{source="live"}')).toBe(0.5);
    expect(seen.get('lethe_filter_specificity_ratio{source="live"}')).toBeCloseTo(2 / 3);
    expect(seen.get('lethe_judged_predictions_total{classes="remaining",correct="true"}')).toBe(2);
    expect(seen.get('lethe_judged_predictions_total{classes="unlearned",correct="false"}')).toBe(2);
  });

  it('tell which share of the answers names a class', async () => {
    const metrics = metricsUnderTest();
    metrics.observePrediction(prediction(), learned);
    metrics.observePrediction(prediction({ label: null, filtered: true }), learned);
    metrics.observePrediction(prediction({ label: null, truth: 'frog', filtered: true }), unlearned);
    const seen = await samples(metrics);
    expect(seen.get('lethe_coverage_ratio{classes="remaining"}')).toBe(0.5);
    expect(seen.get('lethe_coverage_ratio{classes="unlearned"}')).toBe(0);
    // On what is answered: 1.
    expect(seen.get('lethe_accuracy_ratio{classes="remaining"}')).toBe(0.5);
  });

  it('say nothing of accuracy before the first truth', async () => {
    const metrics = metricsUnderTest();
    metrics.observePrediction(prediction(), undefined);
    expect([...(await samples(metrics)).keys()].filter((name) => name.includes('_ratio'))).toEqual([]);
  });

  it('tell forgetting by task: the best accuracy under an earlier model minus that of now', async () => {
    const metrics = metricsUnderTest();
    const judge = (modelVersion: string, right: number, of: number): void => {
      for (let i = 0; i < of; i++) {
        metrics.observePrediction(prediction({ modelVersion, label: i < right ? 'cat' : 'dog' }), learned);
      }
    };
    const forgetting = async (): Promise<number | undefined> =>
      (await samples(metrics)).get('lethe_forgetting_ratio{task="t1"}');
    judge('v1', 38, 40);
    expect(await forgetting()).toBeUndefined();
    judge('v2', 15, 19);
    expect(await forgetting()).toBeUndefined();
    judge('v2', 17, 21);
    expect(await forgetting()).toBeCloseTo(0.95 - 0.8);
    judge('v3', 36, 40);
    expect(await forgetting()).toBeCloseTo(0.95 - 0.9);
    judge('v4', 40, 40);
    expect(await forgetting()).toBeCloseTo(0.95 - 1);
  });

  it('follow the events', async () => {
    const metrics = metricsUnderTest();
    const error = { code: 'unknown-class', message: '', remedy: '' } as const;
    metrics.observeEvent({ kind: 'task-epoch', task: 't', epoch: 1, epochs: 2, loss: 0.5, ms: 1 });
    metrics.setModel('v1');
    metrics.setModel('v2');
    metrics.observeEvent({ kind: 'task-finished', task: 't', modelVersion: 'v2', ms: 2000 });
    metrics.observeEvent({ kind: 'task-failed', task: 't', error });
    const moves = {
      commandId: 'c',
      classes: [
        { name: 'a', moved: 5 },
        { name: 'b', moved: 2 },
      ],
      registryVersion: 3,
    };
    metrics.observeEvent({ kind: 'unlearned', by: 'name', ms: 30, ...moves });
    metrics.observeEvent({ kind: 'relearned', ms: 10, ...moves });
    metrics.observeEvent({
      kind: 'filter-calibrated',
      filter: 'relative',
      level: 0.1,
      specificity: 0.98,
      recall: null,
      ms: 1,
    });
    metrics.observeEvent({ kind: 'command-rejected', commandId: 'c', command: 'learn', error });
    metrics.observeEvent({ kind: 'command-ignored', commandId: 'c', command: 'learn' });
    metrics.observeDeadLetter('image-corrupt');
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({
      lethe_training_loss: 0.5,
      lethe_training_epochs_total: 1,
      'lethe_model_info{version="v2"}': 1,
      'lethe_tasks_total{outcome="finished"}': 1,
      'lethe_tasks_total{outcome="failed"}': 1,
      lethe_training_duration_seconds_sum: 2,
      'lethe_migrations_total{direction="unlearn"}': 1,
      'lethe_migrated_vectors_total{direction="unlearn"}': 7,
      'lethe_migrated_vectors_total{direction="relearn"}': 7,
      'lethe_unlearn_duration_seconds_sum{by="name"}': 0.03,
      lethe_filter_level: 0.1,
      'lethe_filter_specificity_ratio{source="calibration"}': 0.98,
      'lethe_commands_rejected_total{reason="unknown-class"}': 1,
      'lethe_dead_letters_total{reason="image-corrupt"}': 1,
    });
    expect((await samples(metrics)).has('lethe_model_info{version="v1"}')).toBe(false);
  });

  it('ask for values when they are scraped', async () => {
    const metrics = metricsUnderTest();
    let cil = 1;
    metrics.watch({ vectors: async () => ({ cil, mu: 2 }), registryVersion: () => 9 });
    metrics.watch({
      lag: async () => ({ 'lethe.queries': 4 }),
      queues: () => ({ embedder: 5 }),
      classes: () => ({ learning: 0, learned: 3, unlearned: 1, rebuilt: 0, erased: 0 }),
    });
    metrics.setBackend('training', 'wasm');
    cil = 7;
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({
      'lethe_database_vectors{database="cil"}': 7,
      'lethe_database_vectors{database="mu"}': 2,
      lethe_registry_version: 9,
      'lethe_consumer_lag_records{topic="lethe.queries"}': 4,
      'lethe_queue_depth{queue="embedder"}': 5,
      'lethe_classes{state="learned"}': 3,
      'lethe_backend_info{role="training",backend="wasm"}': 1,
    });
  });

  it('time a request to forget from its writing on', async () => {
    const metrics = metricsUnderTest();
    const event: LetheEvent = {
      kind: 'unlearned',
      by: 'examples',
      ms: 30,
      commandId: 'c',
      classes: [],
      registryVersion: 3,
    };
    metrics.observeEvent(event, Date.now() - 2000);
    metrics.observeEvent(event, Date.now() + 60_000);
    metrics.observeEvent(event);
    const seen = await samples(metrics);
    expect(seen.get('lethe_time_to_forget_seconds_bucket{le="1.5",by="examples"}')).toBe(1);
    expect(seen.get('lethe_time_to_forget_seconds_count{by="examples"}')).toBe(2);
    expect(seen.get('lethe_unlearn_duration_seconds_count{by="examples"}')).toBe(3);
    expect(seen.get('lethe_last_event_timestamp_seconds{event="unlearned"}')).toBeCloseTo(
      Date.now() / 1000,
      -1,
    );
  });

  it('time an erasure from the writing of its command to its end', async () => {
    const metrics = metricsUnderTest();
    const common = { classes: [], registryVersion: 3, ms: 1 };
    const erased = (commandId: string): LetheEvent => ({
      kind: 'erased',
      commandId,
      ...common,
      modelVersion: 'v2',
      databaseFiles: 'none',
      checkpoints: 0,
      deadLetters: 0,
      topics: [],
      places: [],
    });
    metrics.observeEvent({ kind: 'erase-accepted', commandId: 'here', ...common }, Date.now() - 45_000);
    metrics.observeEvent(erased('here'));
    metrics.observeEvent(erased('of another worker'));
    const seen = await samples(metrics);
    expect(seen.get('lethe_erasures_total{outcome="erased"}')).toBe(2);
    expect(seen.get('lethe_time_to_erase_seconds_count')).toBe(1);
    expect(seen.get('lethe_time_to_erase_seconds_bucket{le="60"}')).toBe(1);
    expect(seen.get('lethe_time_to_erase_seconds_bucket{le="30"}')).toBe(0);
  });

  it('count erasures that are not complete, as the registry has them when they are read', async () => {
    const metrics = metricsUnderTest();
    let open = 2;
    metrics.watch({ incompleteErasures: () => open });
    expect((await samples(metrics)).get('lethe_incomplete_erasures')).toBe(2);
    open = 0;
    expect((await samples(metrics)).get('lethe_incomplete_erasures')).toBe(0);
  });

  it('tell how far training is, and when it last got on', async () => {
    const metrics = metricsUnderTest();
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({ lethe_training_active: 0 });
    metrics.observeEvent({ kind: 'task-started', task: 't', classes: ['a'], samples: 3 });
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({
      lethe_training_active: 1,
      lethe_training_epoch: 0,
    });
    metrics.observeEvent({ kind: 'task-epoch', task: 't', epoch: 3, epochs: 9, loss: 0.5, ms: 250 });
    const seen = await samples(metrics);
    expect(Object.fromEntries(seen)).toMatchObject({
      lethe_training_active: 1,
      lethe_training_epoch: 3,
      lethe_training_epochs_planned: 9,
      lethe_training_epoch_duration_seconds: 0.25,
    });
    expect(seen.get('lethe_training_progress_timestamp_seconds')).toBeCloseTo(Date.now() / 1000, -1);
    metrics.observeEvent({ kind: 'task-finished', task: 't', modelVersion: 'v1', ms: 500 });
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({ lethe_training_active: 0 });
  });

  it('tell that a rebuild, whose epochs come alike, is over, also where it failed', async () => {
    const metrics = metricsUnderTest();
    const error = { code: 'rebuild-refused', message: '', remedy: '' } as const;
    const ends: LetheEvent[] = [
      {
        kind: 'model-rebuilt',
        modelVersion: 'v2',
        replaces: 'v1',
        without: ['a'],
        evidence: { vectors: 1, accuracyBefore: 1, accuracyAfter: 1 },
        ms: 1,
      },
      { kind: 'rebuild-failed', error },
      { kind: 'erase-failed', commandId: 'c', classes: ['a'], error },
    ];
    for (const end of ends) {
      metrics.observeEvent({ kind: 'task-epoch', task: 'rebuild-v1', epoch: 1, epochs: 2, loss: 1, ms: 1 });
      metrics.observeEvent(end);
      expect((await samples(metrics)).get('lethe_training_active')).toBe(0);
    }
    expect(Object.fromEntries(await samples(metrics))).toMatchObject({
      'lethe_rebuilds_total{outcome="rebuilt"}': 1,
      'lethe_rebuilds_total{outcome="failed"}': 1,
      'lethe_erasures_total{outcome="failed"}': 1,
    });
  });

  it('say whose they are, in every series', async () => {
    const metrics = createMetrics({ model: 'main', worker: 'w1', role: 'all' });
    open.push(metrics);
    const lines = (await metrics.expose()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      expect(line).toContain('model="main"');
      expect(line).toContain('worker="w1"');
    }
  });

  it('have no value of a source that fails or is silent, count that, and ask a silent one only once', async () => {
    const metrics = metricsUnderTest();
    let asked = 0;
    metrics.watch({
      vectors: () => Promise.reject(new Error('Redis is away')),
      lag: () => {
        asked++;
        return new Promise(() => {});
      },
      health: () => ({ live: true, ready: false, waitingFor: ['kafka', 'redis'] }),
    });
    const [, seen] = await Promise.all([metrics.expose(), samples(metrics)]);
    expect(Object.fromEntries(seen)).toMatchObject({
      'lethe_metric_source_failures_total{source="vectors"}': 2,
      'lethe_metric_source_failures_total{source="lag"}': 2,
      lethe_ready: 0,
      lethe_live: 1,
      'lethe_waiting_for{what="kafka"}': 1,
      'lethe_waiting_for{what="redis"}': 1,
    });
    expect([...seen.keys()].filter((name) => /database_vectors|consumer_lag/.test(name))).toEqual([]);
    expect(asked).toBe(1);
  });

  it('name a bounded number of tasks, those judged last', async () => {
    const metrics = metricsUnderTest();
    const judge = (modelVersion: string, from: number): void => {
      for (let task = from; task < 40; task++)
        for (let i = 0; i < 20; i++)
          metrics.observePrediction(prediction({ modelVersion }), { state: 'learned', task: `t${task}` });
    };
    judge('v1', 0);
    judge('v2', 8);
    const tasks = [...(await samples(metrics)).keys()].filter((name) => name.includes('forgetting_ratio'));
    expect(tasks).toHaveLength(32);
    expect(tasks).toContain('lethe_forgetting_ratio{task="t39"}');
  });

  it('time stages and count their items', async () => {
    const metrics = metricsUnderTest();
    metrics.probe.stage('embed', 0.2, Array(32));
    const seen = await samples(metrics);
    expect(seen.get('lethe_stage_duration_seconds_sum{stage="embed"}')).toBeCloseTo(0.2);
    expect(seen.get('lethe_stage_items_total{stage="embed"}')).toBe(32);
  });

  it('are apart from those of another instance, and tell of the process too', async () => {
    const [one, other] = [metricsUnderTest(), metricsUnderTest()];
    one.observeDeadLetter('internal');
    expect((await samples(one)).get('lethe_dead_letters_total{reason="internal"}')).toBe(1);
    expect((await samples(other)).get('lethe_dead_letters_total{reason="internal"}')).toBe(0);
    expect(await one.expose()).toContain('process_resident_memory_bytes');
  });

  it('follow the naming conventions of Prometheus', async () => {
    const text = await metricsUnderTest().expose();
    const types = [...text.matchAll(/^# TYPE (lethe_\w+) (\w+)$/gm)];
    expect(types.length).toBeGreaterThan(20);
    for (const [, name, type] of types) {
      expect([name, String(name).endsWith('_total')]).toEqual([name, type === 'counter']);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });
});
