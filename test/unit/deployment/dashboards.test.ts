import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { createGenerator } from 'ts-json-schema-generator';
import { describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../../scripts/dashboards/files.js';
import { DASHBOARDS } from '../../support/dashboards.js';

/** Makes a check of Grafana's schema, as TypeScript, by way of JSON Schema. */
function grafanasCheck() {
  const schema: object = createGenerator({
    path: fileURLToPath(new URL('../../support/grafanaSchema.ts', import.meta.url)),
    tsconfig: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
    type: 'LetheDashboard',
    skipTypeCheck: true,
    // Two packages define types of one name: each is put in place.
    expose: 'none',
  }).createSchema('LetheDashboard');
  return new Ajv({ allErrors: true, strictTypes: false, allowUnionTypes: true }).compile(schema);
}

describe('the dashboards of Grafana', () => {
  const check = grafanasCheck();

  it('are those that `npm run dashboards` writes', () => {
    expect(new Map(DASHBOARDS.map(({ path, text }) => [path, text]))).toEqual(
      new Map([...dashboardFiles()].sort(([a], [b]) => (a < b ? -1 : 1))),
    );
  });

  it.each(DASHBOARDS)('$path is as the schema of Grafana wants it', ({ json }) => {
    check(json);
    expect(check.errors ?? []).toEqual([]);
  });

  it('would not pass with a misspelt option, a wrong unit or a query that is none', () => {
    const [first] = DASHBOARDS;
    const spoilt = (from: string, to: string): unknown => JSON.parse(first?.text.replace(from, to) ?? '');
    expect(check(first?.json)).toBe(true);
    for (const [from, to] of [
      ['"calcs":', '"calc":'],
      ['"lineWidth": 1', '"lineWidth": "thin"'],
      ['"unit": "percentunit"', '"unit": 7'],
      ['"expr":', '"expression":'],
      ['"type": "timeseries"', '"type": "timeserie"'],
      ['"mode": "multi"', '"mode": "several"'],
    ] as const)
      expect([to, check(spoilt(from, to))]).toEqual([to, false]);
  });

  it.each(DASHBOARDS)('$path lays its panels side by side, within the width', ({ dashboard }) => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('lie in the folders that people look for, and have names of their own', () => {
    expect(new Set(DASHBOARDS.map(({ path }) => path.split('/')[0]))).toEqual(
      new Set(['Forgetting', 'Unlearning', 'Pipeline']),
    );
    expect(new Set(DASHBOARDS.map(({ dashboard }) => dashboard.uid)).size).toBe(DASHBOARDS.length);
  });

  it.each(DASHBOARDS)(
    '$path lets one choose the model and the workers, and marks what happened',
    ({ dashboard }) => {
      expect(dashboard.templating.list.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['model', 'worker']),
      );
      expect(dashboard.annotations.list.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['Learned', 'Unlearned']),
      );
      for (const { title, targets } of dashboard.panels)
        for (const { expr } of targets)
          if (title !== 'Firing alerts')
            expect([title, expr]).toEqual([title, expect.stringContaining('model="$model"')]);
    },
  );
});
