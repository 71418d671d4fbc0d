import { percentile } from '../../packages/experiments/src/metrics/percentile.js';
import { deploy } from './deployment.js';
import type { Part } from './parts.js';
import { processTime } from './processTime.js';

const CHECKS = 5000;

/** What it costs to ask Redis, for each batch of answers, whether the registry is still the newest. */
export const versionCheck: Part = async (services) => {
  const deployment = await deploy(services);
  const { registry } = deployment.store;
  const before = processTime(services.redis.pid);
  const taken: number[] = [];
  for (let check = 0; check < CHECKS; check++) {
    const started = performance.now();
    await registry.refresh();
    taken.push(performance.now() - started);
  }
  const redis = (processTime(services.redis.pid) - before) / CHECKS;
  const { batchSize } = deployment.config.inference;
  await deployment.close();
  return [
    { what: 'version check, of a query that is alone: p50', value: percentile(taken, 0.5), unit: 'ms' },
    { what: 'version check, of a query that is alone: p99', value: percentile(taken, 0.99), unit: 'ms' },
    { what: 'version check: CPU of Redis', value: redis, unit: 'ms' },
    {
      what: `version check, of a query in a batch of ${batchSize}`,
      value: (1000 * percentile(taken, 0.5)) / batchSize,
      unit: 'us',
    },
  ];
};
