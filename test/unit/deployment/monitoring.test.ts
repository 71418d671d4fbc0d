import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createInstruments } from '../../../src/telemetry/instruments.js';
import { compose, imageVariables, own, read } from './files.js';

const prometheusSchema = z.object({
  scrape_configs: z.array(
    z.looseObject({
      job_name: z.string(),
      dns_sd_configs: z
        .array(z.looseObject({ names: z.array(z.string()), type: z.string(), port: z.number() }))
        .default([]),
    }),
  ),
});
const datasourcesSchema = z.object({
  datasources: z.array(z.looseObject({ uid: z.string(), type: z.string(), url: z.url() })),
});
const providersSchema = z.object({
  providers: z.array(z.looseObject({ options: z.object({ path: z.string() }) })),
});
const datasource = z.object({ type: z.string(), uid: z.string() });
const dashboardSchema = z.looseObject({
  uid: z.string().min(1),
  title: z.string().min(1),
  panels: z.array(
    z.looseObject({
      id: z.int(),
      title: z.string().min(1),
      description: z.string().min(20),
      datasource,
      fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
      targets: z
        .array(z.looseObject({ expr: z.string(), legendFormat: z.string().min(1), datasource }))
        .min(1),
    }),
  ),
});

const dashboard = dashboardSchema.parse(JSON.parse(read('config/grafana/dashboards/lethe.json')));
const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

/** The labels of every series that Lethe exports, by its name. */
function exportedSeries(): Map<string, ReadonlySet<string>> {
  const registry = new Registry();
  createInstruments(registry);
  return new Map(
    registry.getMetricsAsArray().flatMap((metric) => {
      const labels: unknown = Reflect.get(metric, 'labelNames');
      const own = z.array(z.string()).parse(labels);
      const histogram = String(metric.type) === 'histogram';
      const suffixes = histogram ? ['_bucket', '_sum', '_count'] : [''];
      return suffixes.map((suffix) => [
        `${metric.name}${suffix}`,
        new Set(suffix === '_bucket' ? [...own, 'le'] : own),
      ]);
    }),
  );
}

describe('Prometheus', () => {
  const { scrape_configs } = prometheusSchema.parse(parse(read('config/prometheus/prometheus.yml')));
  const lethe = scrape_configs.find(({ job_name }) => job_name === 'lethe');

  it('asks every replica of every service of Lethe that stays, at the port that it listens at', () => {
    const lasting = own.filter(([, { restart }]) => restart === 'unless-stopped').map(([name]) => name);
    expect(lethe?.dns_sd_configs).toHaveLength(1);
    expect(lethe?.dns_sd_configs[0]).toMatchObject({
      names: lasting,
      type: 'A',
      port: Number(imageVariables().LETHE_HTTP__PORT),
    });
  });

  it('reaches them, and is given its configuration where it looks for it', () => {
    const prometheus = compose.services.prometheus;
    for (const [, { networks }] of own) expect(networks).toEqual(expect.arrayContaining(['watch']));
    expect(prometheus?.networks).toEqual(['watch']);
    expect(prometheus?.volumes).toContain('./config/prometheus:/etc/prometheus:ro');
    expect(prometheus?.command).toContain('--config.file=/etc/prometheus/prometheus.yml');
  });
});

describe('Grafana', () => {
  const path = 'config/grafana/provisioning';
  const { datasources } = datasourcesSchema.parse(parse(read(`${path}/datasources/prometheus.yaml`)));
  const { providers } = providersSchema.parse(parse(read(`${path}/dashboards/lethe.yaml`)));

  it('has the Prometheus of the compose file as its source, and the dashboard where it looks for it', () => {
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    expect(compose.services.prometheus?.ports[0]).toMatch(/:9090$/);
    expect(compose.services.grafana?.volumes).toEqual(
      expect.arrayContaining([
        './config/grafana/provisioning:/etc/grafana/provisioning:ro',
        `./config/grafana/dashboards:${providers[0]?.options.path}:ro`,
      ]),
    );
  });

  it('shows panels that say what they show and ask the provisioned source', () => {
    const sources = datasources.map(({ type, uid }) => ({ type, uid }));
    for (const { datasource, targets } of dashboard.panels) {
      expect(sources).toContainEqual(datasource);
      for (const target of targets) expect(sources).toContainEqual(target.datasource);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it.each(expressions)('asks for metrics and labels that Lethe exports: %s', (expression) => {
    const series = exportedSeries();
    const names = expression.match(/\blethe_\w+/g) ?? [];
    expect(names).not.toEqual([]);
    const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(/, */),
    );
    const selected = [...expression.matchAll(/[{,] *(\w+) *(?:=|!=|=~|!~)/g)].map(([, label = '']) => label);
    for (const name of names) {
      expect([...series.keys()]).toContain(name);
      for (const label of [...grouped, ...selected]) expect([...(series.get(name) ?? [])]).toContain(label);
    }
  });

  it('shows throughput, latency, accuracy, the databases, lag and dead letters', () => {
    const shown = new Set(expressions.flatMap((expression) => expression.match(/\blethe_\w+/g) ?? []));
    expect(shown).toEqual(
      new Set([
        'lethe_queries_total',
        'lethe_query_latency_seconds_bucket',
        'lethe_accuracy_ratio',
        'lethe_database_vectors',
        'lethe_consumer_lag_records',
        'lethe_dead_letters_total',
      ]),
    );
  });
});
