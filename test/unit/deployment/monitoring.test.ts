import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createInstruments } from '../../../src/telemetry/instruments.js';
import { DASHBOARDS } from '../../support/dashboards.js';
import { compose, imageVariables, own, read } from './files.js';

const prometheusSchema = z.object({
  rule_files: z.array(z.string()),
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
const rulesSchema = z.object({
  groups: z.array(
    z.object({ rules: z.array(z.looseObject({ record: z.string().optional(), expr: z.string() })) }),
  ),
});

const rules = ['recording', 'alerts'].flatMap((name) =>
  rulesSchema
    .parse(parse(read(`config/prometheus/rules/${name}.yml`)))
    .groups.flatMap(({ rules: some }) => some),
);
const recorded = rules.flatMap(({ record }) => record ?? []);
const panels = DASHBOARDS.flatMap(({ dashboard }) => dashboard.panels);
const expressions = [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...DASHBOARDS.flatMap(({ dashboard }) => dashboard.annotations.list.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
];
/** What every series has: its worker's, and Prometheus' own. */
const EVERYWHERE = ['model', 'worker', 'instance', 'job'];

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
        new Set([...own, ...EVERYWHERE, ...(suffix === '_bucket' ? ['le'] : [])]),
      ]);
    }),
  );
}

describe('Prometheus', () => {
  const { scrape_configs, rule_files } = prometheusSchema.parse(
    parse(read('config/prometheus/prometheus.yml')),
  );
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
    expect(rule_files).toEqual(['rules/*.yml']);
  });
});

describe('Grafana', () => {
  const path = 'config/grafana/provisioning';
  const { datasources } = datasourcesSchema.parse(parse(read(`${path}/datasources/prometheus.yaml`)));
  const { providers } = providersSchema.parse(parse(read(`${path}/dashboards/lethe.yaml`)));

  it('has the Prometheus of the compose file as its source, and the dashboards where it looks for them', () => {
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    expect(compose.services.prometheus?.ports[0]).toMatch(/:9090$/);
    expect(compose.services.grafana?.volumes).toEqual(
      expect.arrayContaining([
        './config/grafana/provisioning:/etc/grafana/provisioning:ro',
        `./config/grafana/dashboards:${providers[0]?.options.path}:ro`,
      ]),
    );
  });

  it('asks the source that the first variable of the dashboard names, of which one is provisioned', () => {
    const marks = DASHBOARDS.flatMap(({ dashboard }) => dashboard.annotations.list);
    const variables = DASHBOARDS.flatMap(({ dashboard }) => dashboard.templating.list);
    for (const { datasource } of [...panels, ...panels.flatMap(({ targets }) => targets), ...marks])
      expect(datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
    for (const { name, datasource } of variables)
      if (name !== 'datasource') expect(datasource).toEqual({ type: 'prometheus', uid: '$datasource' });
    for (const { dashboard } of DASHBOARDS)
      expect(dashboard.templating.list[0]).toMatchObject({
        type: 'datasource',
        name: 'datasource',
        query: 'prometheus',
      });
    expect(datasources.map(({ type }) => type)).toEqual(['prometheus']);
  });
});

describe('panels, marks and rules', () => {
  const series = exportedSeries();

  it.each(expressions)('ask for metrics and labels that Lethe exports: %s', (expression) => {
    const names = (expression.match(/[\w:]*\blethe_[\w:]+/g) ?? []).filter(
      (name) => !recorded.includes(name),
    );
    const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) =>
      list.split(/, */),
    );
    const selected = [...expression.matchAll(/[{,] *(\w+) *(?:=|!=|=~|!~)"/g)].map(([, label = '']) => label);
    for (const name of names) expect([...series.keys()]).toContain(name);
    if (names.length === 0) return;
    const labels = names.flatMap((name) => [...(series.get(name) ?? [])]);
    for (const label of [...grouped, ...selected]) expect(labels).toContain(label);
  });
});
