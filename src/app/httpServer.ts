import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { createConsoleFeed } from '../console/console.js';
import { consoleRoutes } from '../console/http.js';
import { createGateway } from '../streams/transports/http/gateway.js';
import { type HttpServer, listen } from '../streams/transports/http/server.js';
import { telemetryRoutes } from '../telemetry/http.js';
import type { RunningLethe } from './compose.js';
import { guardedDoors } from './guardedDoors.js';

/**
 * Opens the HTTP doors of a running Lethe, as its config says: messages, status, metrics, health and the console.
 * Messages are refused while it is not ready.
 * @throws LetheError `config-invalid` where the address can't be bound
 */
export async function serveHttp(lethe: RunningLethe): Promise<HttpServer> {
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
  const routes = new Hono()
    .route('/', guardedDoors(config.http))
    .route('/', gateway)
    .route('/', telemetryRoutes(metrics, health));
  if (!config.console.enabled) return listen(routes, { host, port });
  const { door, close } = consoleDoor(lethe);
  const server = await listen(routes.route('/', door), { host, port });
  return {
    url: server.url,
    close: async () => {
      close();
      await server.close();
    },
  };
}

function consoleDoor(lethe: RunningLethe): { door: Hono<{ Bindings: HttpBindings }>; close: () => void } {
  const { config, log, topics, signals, store, health } = lethe;
  const { token } = config.http;
  const feed = createConsoleFeed(
    {
      log,
      topics,
      signals,
      vectors: store.vectors,
      knowledge: async () => {
        const { lag: _, ...status } = await lethe.status();
        const tasks = [...store.registry.snapshot().tasks.values()]
          .filter(({ state }) => state === 'open')
          .map(({ name, classes, samples }) => ({ task: name, classes, samples }));
        return { ...status, tasks, role: config.worker.role, token: token !== undefined };
      },
      limits: { maxBytes: config.limits.imageBytes, maxPixels: config.limits.imagePixels },
      seed: config.model.seed,
    },
    config.console,
  );
  const door = consoleRoutes({
    feed,
    topics,
    modelName: config.model.name,
    publish: (records) => log.publish(records),
    accepting: () => health.report().ready,
    token,
    pages: config.console.pages,
  });
  return { door, close: feed.close };
}
