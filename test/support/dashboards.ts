import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT, read } from '../unit/deployment/files.js';

const FOLDER = 'config/grafana/dashboards';
const datasource = z.object({ type: z.string(), uid: z.string() });
const dashboardSchema = z.looseObject({
  uid: z.string().min(1),
  title: z.string().min(1),
  templating: z.object({
    list: z.array(z.looseObject({ name: z.string(), type: z.string(), query: z.string() })),
  }),
  annotations: z.object({
    list: z.array(z.looseObject({ name: z.string(), expr: z.string(), datasource })),
  }),
  panels: z.array(
    z.looseObject({
      id: z.int(),
      title: z.string().min(1),
      type: z.string(),
      description: z.string().min(20),
      datasource,
      gridPos: z.object({ x: z.int(), y: z.int(), w: z.int().positive(), h: z.int().positive() }),
      fieldConfig: z.looseObject({ defaults: z.looseObject({ unit: z.string().min(1) }) }),
      targets: z
        .array(z.looseObject({ expr: z.string(), legendFormat: z.string().min(1), datasource }))
        .min(1),
    }),
  ),
});

/** The dashboards of config/grafana, as far as the tests look at them, with their path and unparsed. */
export const DASHBOARDS = readdirSync(join(ROOT, FOLDER), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.json'))
  .sort()
  .map((path) => {
    const text = read(`${FOLDER}/${path}`);
    const json: unknown = JSON.parse(text);
    return { path, text, json, dashboard: dashboardSchema.parse(json) };
  });
