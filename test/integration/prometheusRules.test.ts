import { readdirSync } from 'node:fs';
import { mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { promtool, provisionPrometheus } from '../../scripts/services/prometheus.js';
import { ROOT, read } from '../unit/deployment/files.js';

const RULES = 'config/prometheus/rules';
const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.looseObject({
          alert: z.string().optional(),
          labels: z.object({ severity: z.enum(['critical', 'warning']) }).optional(),
          annotations: z.strictObject({ summary: z.string(), runbook_url: z.string() }).optional(),
        }),
      ),
    }),
  ),
});
const testsSchema = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(
        z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()).default([]) }),
      ),
    }),
  ),
});

const alerts = rulesSchema
  .parse(parse(read(`${RULES}/alerts.yml`)))
  .groups.flatMap(({ rules }) => rules.filter(({ alert }) => alert !== undefined));
const seen = testsSchema
  .parse(parse(read(`${RULES}/tests/alerts.test.yml`)))
  .tests.flatMap((test) => test.alert_rule_test);

describe('the rules of Prometheus', () => {
  beforeAll(async () => {
    await provisionPrometheus();
  });

  it('and its configuration are whole', async () => {
    expect(await promtool(['check', 'config', 'config/prometheus/prometheus.yml'])).toMatch(
      /rule files? found/,
    );
  });

  it('and the configuration for own hosts, as docs/monitoring.md has it, are whole', async () => {
    const [, config = ''] = /```yaml\n(.*?)```/s.exec(read('docs/monitoring.md')) ?? [];
    const folder = await mkdtemp(join(tmpdir(), 'lethe-prometheus-'));
    await writeFile(join(folder, 'prometheus.yml'), config);
    await symlink(join(ROOT, RULES), join(folder, 'rules'));
    const checked = await promtool(['check', 'config', join(folder, 'prometheus.yml')]);
    expect(checked).toMatch(/rule files? found/);
  });

  it.each(readdirSync(`${RULES}/tests`))('do what %s says', async (file) => {
    expect(await promtool(['test', 'rules', `${RULES}/tests/${file}`])).toContain('SUCCESS');
  });

  it.each(alerts)('$alert is seen to fire and to be silent', ({ alert }) => {
    const tests = seen.filter(({ alertname }) => alertname === alert);
    expect(tests.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(tests.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  it('say how much they matter, and lead to their section of the runbooks, which has no other', () => {
    const sections = [...read('docs/runbooks.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(alerts.map(({ alert }) => alert));
    for (const { alert = '', labels, annotations } of alerts) {
      expect(labels?.severity).toBeDefined();
      expect(annotations?.runbook_url).toBe(`docs/runbooks.md#${alert.toLowerCase()}`);
    }
  });
});
