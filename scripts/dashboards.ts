/**
 * Writes Grafana's dashboards: config/grafana/dashboards/<folder>/<name>.json, from scripts/dashboards. A test compares
 * them. `npm run dashboards`
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboardFiles } from './dashboards/files.js';

const folder = fileURLToPath(new URL('../config/grafana/dashboards', import.meta.url));
for (const [name, text] of dashboardFiles()) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
  console.log(`written: ${name}`);
}
