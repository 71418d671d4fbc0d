import { Hono } from 'hono';
import type { Health } from './health.js';
import type { Metrics } from './metrics.js';

/**
 * `GET /metrics` for Prometheus; `GET /healthz` (200, or 503 if only a restart helps) and `GET /readyz` (200, or 503
 * with the waits) for the supervisor of the process.
 */
export function telemetryRoutes(metrics: Metrics, health: Health): Hono {
  const routes = new Hono();
  routes.get('/metrics', async (context) =>
    context.body(await metrics.expose(), 200, { 'content-type': metrics.contentType }),
  );
  routes.get('/healthz', (context) => {
    const { live, failure } = health.report();
    return context.json({ live, failure }, live ? 200 : 503);
  });
  routes.get('/readyz', (context) => {
    const { ready, waitingFor, reasons, standby, failure } = health.report();
    return context.json({ ready, waitingFor, reasons, standby, failure }, ready ? 200 : 503);
  });
  return routes;
}
