import { Hono } from 'hono';
import { createGateway } from '../streams/transports/http/gateway.js';
import { type HttpServer, listen } from '../streams/transports/http/server.js';
import { telemetryRoutes } from '../telemetry/http.js';
import type { RunningLethe } from './compose.js';

/**
 * Opens the HTTP doors of a running Lethe, as its config says: messages, status, metrics and health.
 * Messages are refused while it is not ready.
 * @throws LetheError `config-invalid` where the address can't be bound
 */
export function serveHttp(lethe: RunningLethe): Promise<HttpServer> {
  const { config, log, topics, metrics, health } = lethe;
  const { host, port, bodyBytes, waiting, token } = config.http;
  const gateway = createGateway({
    log,
    topics,
    modelName: config.model.name,
    status: () => lethe.status(),
    accepting: () => health.report().ready,
    bodyBytes,
    waiting,
    token,
  });
  const routes = new Hono().route('/', gateway).route('/', telemetryRoutes(metrics, health));
  return listen(routes, { host, port });
}
