import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { clusteredVectors } from '../../bench/kafka/vectors.js';
import { type PrometheusService, startPrometheus } from '../../scripts/services/prometheus.js';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import { DASHBOARDS } from '../support/dashboards.js';
import { type LetheProcess, startLetheProcess, type Variables } from '../support/letheProcess.js';
import { PrometheusApi } from '../support/prometheusApi.js';

const DIMENSION = 1280;
const NAMES = ['cat', 'dog', 'frog', 'owl', 'elk'] as const;
type Name = (typeof NAMES)[number];
const PER_CLASS = 30;
/** A task's forgetting is told of from 20 judged queries on, under each of two models. */
const JUDGED = 24;
const WAIT = { timeout: 240_000, interval: 100 };

/** Panels that may be empty, and why. */
const MAY_BE_EMPTY = new Map([['Waits for', 'a worker that is ready waits for nothing']]);
/** Alerts that a busy machine, or so short a life, may set off, and those on what was done on purpose. */
const OF_THE_CIRCUMSTANCES = [
  'LetheForgettingSlow',
  'LetheRegistryBehind',
  'LetheForgetsTasks',
  'LetheWorkerDown',
  'LetheNotReady',
  'LetheMemoryHigh',
  'LetheMetricsIncomplete',
  'LetheLagGrows',
  'LetheCommandsWait',
  'LetheDeadLetters',
  'LetheAnswersSlow',
];

const statusSchema = z.object({ classes: z.array(z.object({ name: z.string(), state: z.string() })) });
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({ record: z.string().optional(), alert: z.string().optional(), expr: z.string() }),
      ),
    }),
  ),
});
const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
  }),
});

/** Rules as they are, but that a worker is behind when another was ahead two seconds ago: the test lasts no minute. */
const rulesText = (name: string): string =>
  readFileSync(`config/prometheus/rules/${name}.yml`, 'utf8').replace('offset 1m', 'offset 2s');
const rulesOf = (name: string) =>
  rulesSchema.parse(parse(rulesText(name))).groups.flatMap(({ rules }) => rules);
const recording = rulesOf('recording');
const alerts = rulesOf('alerts');

describe('Prometheus and the dashboards, beside the real program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-monitoring-'));
  const workers: Worker[] = [];
  let prometheus: PrometheusService;
  let api: PrometheusApi;
  let began: number;

  beforeAll(async () => {
    const [main, paper] = await Promise.all([
      Worker.start('main', folder, {}),
      // The paper's setting, with a filter that lets everything pass: it names unlearned classes.
      Worker.start('paper', folder, {
        LETHE_INFERENCE__GUARD: 'false',
        LETHE_FILTER__KIND: 'threshold',
        LETHE_FILTER__THRESHOLD: '1',
        LETHE_FILTER__CALIBRATE: 'false',
      }),
    ]);
    workers.push(main, paper);
    prometheus = await startPrometheus(await configuration(folder, workers), join(folder, 'prometheus'));
    api = new PrometheusApi(prometheus.url);
    began = Date.now() / 1000;
    await vi.waitUntil(async () => (await api.now('up{job="lethe"} == 1')).length === 2, WAIT);
    await Promise.all([live(main), liveUnguarded(paper)]);
    // Two more scrapes, and the rules, see what was done last.
    const seen = Date.now() / 1000 + 2.5;
    const newer = `timestamp(model:lethe_queries:rate5m) > ${seen}`;
    await vi.waitUntil(async () => (await api.now(newer)).length > 0, WAIT);
  });
  afterAll(async () => {
    for (const { lethe } of workers) lethe.child.kill('SIGKILL');
    await prometheus?.kill();
    await rm(folder, { recursive: true, force: true });
  });

  const panels = DASHBOARDS.flatMap(({ path, dashboard }) =>
    dashboard.panels.flatMap(({ title, targets }) =>
      targets.map(({ expr, legendFormat }) => ({ path, title, legend: legendFormat, expr })),
    ),
  );

  it.each(panels)('$path: $title ($legend) has data', async ({ title, expr }) => {
    const series = await api.since(began, filledIn(expr));
    if (!MAY_BE_EMPTY.has(title)) expect([title, series.length > 0]).toEqual([title, true]);
  });

  it.each(DASHBOARDS)(
    '$path: the variables have values, and the marks are where something happened',
    async ({ dashboard }) => {
      for (const { query } of dashboard.templating.list.filter(({ type }) => type === 'query')) {
        const [, series = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
        const values = (await api.now(filledIn(series))).map(({ labels }) => labels[label]);
        expect([query, values]).toEqual([query, expect.arrayContaining([expect.any(String)])]);
      }
      for (const { name, expr } of dashboard.annotations.list) {
        const times = (await api.since(began, filledIn(expr))).flatMap(({ values }) => values);
        expect([name, times.length > 0]).toEqual([name, true]);
        for (const time of times) {
          expect(time / 1000).toBeGreaterThan(began - 1);
          expect(time).toBeLessThanOrEqual(Date.now());
        }
      }
    },
  );

  it.each(recording)(
    'the rule $record has data, of the series that its expression is of',
    async ({ record = '', expr }) => {
      const seriesOf = async (expression: string) =>
        (await api.now(expression))
          .map(({ labels: { __name__, ...labels } }) => JSON.stringify(Object.entries(labels).sort()))
          .sort();
      expect(await seriesOf(record)).not.toEqual([]);
      expect(await seriesOf(record)).toEqual(await seriesOf(expr));
    },
  );

  it.each(alerts)('the expression of $alert can be asked', async ({ alert = '', expr }) => {
    const models = (await api.now(expr)).map(({ labels }) => labels.model);
    if (alert === 'LetheNamesUnlearnedClass') expect(models).toEqual(['paper']);
    else if (!OF_THE_CIRCUMSTANCES.includes(alert)) expect([alert, models]).toEqual([alert, []]);
  });

  it('the alert on A_u fires for the model without the guard, and no other alert does', async () => {
    const response = await fetch(`${prometheus.url}/api/v1/alerts`);
    const { data } = alertsSchema.parse(await response.json());
    const firing = data.alerts.filter(
      ({ state, labels }) => state === 'firing' && !OF_THE_CIRCUMSTANCES.includes(labels.alertname ?? ''),
    );
    expect(firing.map(({ labels: { alertname, model } }) => ({ alertname, model }))).toEqual([
      { alertname: 'LetheNamesUnlearnedClass', model: 'paper' },
    ]);
  });

  it('what it tells is what was done', async () => {
    const value = async (expression: string): Promise<number | undefined> =>
      (await api.now(expression))[0]?.values[0];
    const all = { model: 'main' };
    const of = (name: string, labels: Readonly<Record<string, string>>): string =>
      `${name}{${Object.entries({ ...all, ...labels })
        .map(([label, wanted]) => `${label}="${wanted}"`)
        .join(', ')}}`;
    expect(await value(of('model:lethe_accuracy_unlearned:ratio_rate5m', {}))).toBe(0);
    expect(
      await value(of('model:lethe_accuracy_unlearned:ratio_rate5m', { model: 'paper' })),
    ).toBeGreaterThan(0.9);
    expect(await value(of('lethe_accuracy_ratio', { classes: 'remaining' }))).toBeGreaterThan(0.9);
    expect(await value(of('lethe_forgetting_ratio', { task: 't1' }))).toBeLessThan(0.1);
    expect(await value(of('lethe_tasks_total', { outcome: 'finished' }))).toBe(2);
    expect(await value(of('lethe_migrations_total', { direction: 'relearn' }))).toBe(1);
    expect(await value(of('lethe_time_to_forget_seconds_count', { by: 'examples' }))).toBe(1);
    expect(await value(of('lethe_time_to_forget_seconds_count', { by: 'id' }))).toBe(1);
    expect(await value(of('lethe_erasures_total', { outcome: 'erased' }))).toBe(1);
    expect(await value(of('lethe_time_to_erase_seconds_count', {}))).toBe(1);
    expect(await value(of('lethe_dead_letters_total', { reason: 'class-unlearned' }))).toBe(1);
    expect(await value(of('lethe_commands_rejected_total', { reason: 'unknown-class' }))).toBe(1);
    expect(await value(of('lethe_classes', { state: 'erased' }))).toBe(1);
    expect(await value(of('lethe_database_vectors', { database: 'mu' }))).toBe(PER_CLASS);
    expect(await value(of('lethe_ready', {}))).toBe(1);
    expect(await value(of('lethe_learner', {}))).toBe(1);
    expect(await value(of('lethe_training_active', {}))).toBe(0);
  });

  it('a worker that ends is missed', async () => {
    for (const { lethe } of workers) lethe.child.kill('SIGTERM');
    const expressionOf = (name: string) => alerts.find(({ alert }) => alert === name)?.expr ?? '';
    await expect.poll(() => api.now(expressionOf('LetheWorkerDown')), WAIT).toHaveLength(2);
    await expect.poll(() => api.now(expressionOf('LetheGone')), WAIT).toHaveLength(1);
  });
});

/** As Grafana fills in the variables: everything chosen. */
function filledIn(expression: string): string {
  return expression
    .replaceAll('"$model"', '"main"')
    .replaceAll('"$worker"', '".+"')
    .replaceAll('"$stage"', '".+"')
    .replaceAll('$__rate_interval', '10s');
}

/** The configuration of config/prometheus, but for where the workers are and how often they are asked. */
async function configuration(folder: string, workers: readonly Worker[]): Promise<string> {
  const rules = join(folder, 'rules');
  await mkdir(rules);
  for (const name of ['recording', 'alerts']) writeFileSync(join(rules, `${name}.yml`), rulesText(name));
  const config = parse(readFileSync('config/prometheus/prometheus.yml', 'utf8'));
  Object.assign(config.global, {
    scrape_interval: '1s',
    scrape_timeout: '1s',
    evaluation_interval: '500ms',
  });
  config.scrape_configs = config.scrape_configs
    .filter((job: { job_name: string }) => job.job_name === 'lethe')
    .map((job: { job_name: string }) => ({
      job_name: job.job_name,
      static_configs: [{ targets: workers.map(({ lethe }) => new URL(lethe.url).host) }],
    }));
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, stringify(config));
  return file;
}

/** What an operator sees in a day, in some seconds: tasks, queries with truth, every way to forget, and what is refused. */
async function live(worker: Worker): Promise<void> {
  await worker.learn('t1', ['cat', 'dog', 'owl', 'elk']);
  await worker.ask(['cat', 'dog'], JUDGED);
  await worker.learn('t2', ['frog']);
  await worker.ask(['cat', 'dog', 'frog'], JUDGED);
  await worker.command({ id: 'by-name', kind: 'unlearn', classes: ['owl'] });
  await worker.classIs('owl', 'unlearned');
  const vectors = [1, 2, 3].map(() => ({ vector: [...worker.vectorOf('elk')] }));
  await worker.command({ id: 'by-examples', kind: 'unlearn', examples: vectors });
  await worker.classIs('elk', 'unlearned');
  await worker.ask(['owl', 'elk', 'cat'], JUDGED);
  await worker.command({ id: 'by-id', kind: 'unlearn', samples: ['t1-cat-0'] });
  await worker.command({ id: 'no-such', kind: 'unlearn', classes: ['unicorn'] });
  await worker.command({ id: 'back', kind: 'relearn', classes: ['owl'] });
  await worker.classIs('owl', 'learned');
  await worker.samples('t1', ['elk'], 1, PER_CLASS);
  await worker.command({ id: 'erase', kind: 'erase', classes: ['frog'], now: true });
  await worker.classIs('frog', 'erased');
  await worker.ask(['cat', 'dog', 'elk'], JUDGED);
}

async function liveUnguarded(worker: Worker): Promise<void> {
  await worker.learn('t1', ['cat', 'dog']);
  await worker.command({ id: 'by-name', kind: 'unlearn', classes: ['cat'] });
  await worker.classIs('cat', 'unlearned');
  await worker.ask(['cat'], JUDGED);
}

/** `lethe run`, and what is sent to it. */
class Worker {
  #sent = 0;
  readonly #vectors = clusteredVectors(NAMES.length, DIMENSION);

  private constructor(
    readonly name: string,
    readonly lethe: LetheProcess,
  ) {}

  static async start(name: string, folder: string, variables: Variables): Promise<Worker> {
    const settings = {
      LETHE_MODEL__NAME: name,
      LETHE_WORKER__NAME: `worker-of-${name}`,
      LETHE_MODEL__BACKEND: 'wasm',
      LETHE_MODEL__CHECKPOINTS: join(folder, name),
      LETHE_UNLEARNING__REBUILD__MARGIN: '1',
      ...variables,
    };
    return new Worker(name, await startLetheProcess([], settings, () => undefined));
  }

  /** A further vector of the class. */
  vectorOf(name: Name): Float32Array {
    return this.#vectors.next(NAMES.indexOf(name));
  }

  async command(command: Command): Promise<void> {
    const { client } = this.lethe;
    await client.publish([encodeCommand(command, this.name, client.topics)]);
  }

  async samples(task: string, labels: readonly Name[], count: number, from = 0): Promise<void> {
    const { client } = this.lethe;
    const records = labels.flatMap((label) =>
      Array.from({ length: count }, (_, i) => {
        const vector = this.vectorOf(label);
        const id = `${task}-${label}-${from + i}`;
        return encodeSample({ id, label, task, payload: { kind: 'vector', vector } }, client.topics);
      }),
    );
    await client.publish(records);
  }

  async learn(task: string, classes: Name[]): Promise<void> {
    await this.command({ id: task, kind: 'learn', task, classes, samples: classes.length * PER_CLASS });
    await this.samples(task, classes, PER_CLASS);
    for (const label of classes) await this.classIs(label, 'learned');
  }

  async classIs(wanted: Name, state: string): Promise<void> {
    const states = async () =>
      statusSchema.parse(await this.lethe.client.status()).classes.find(({ name }) => name === wanted)?.state;
    await vi.waitUntil(async () => (await states()) === state, WAIT);
  }

  /** So many queries of each class, which carry the truth; returns when they are answered. */
  async ask(classes: readonly Name[], count: number): Promise<void> {
    const { client } = this.lethe;
    const answered = async (): Promise<number> => {
      const text = await (await fetch(`${this.lethe.url}/metrics`)).text();
      const lines = text.split('\n').filter((line) => line.startsWith('lethe_queries_total{'));
      return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    };
    const records = classes.flatMap((truth) =>
      Array.from({ length: count }, () => {
        const vector = this.vectorOf(truth);
        const id = `q${this.#sent++}`;
        return encodeQuery({ id, truth, payload: { kind: 'vector', vector } }, client.topics);
      }),
    );
    await client.publish(records);
    await vi.waitUntil(async () => (await answered()) === this.#sent, WAIT);
  }
}
