import { Hono } from 'hono';
import type { Logger } from 'pino';
import { createGateway } from '../adapters/http/gateway.js';
import { refuse } from '../adapters/http/refusal.js';
import { type HttpServer, listen } from '../adapters/http/server.js';
import { nothingThere } from '../adapters/http/unknownRoute.js';
import { createConsoleFeed } from '../console/console.js';
import { consoleRoutes } from '../console/http.js';
import { LetheError, toLetheError } from '../domain/errors.js';
import { telemetryRoutes } from '../telemetry/http.js';
import type { RunningLethe } from './compose.js';
import { examine } from './examine.js';
import { guardedDoors } from './guardedDoors.js';
import { payloadLimits } from './payloadLimits.js';
import { letheVersion } from './version.js';

/**
 * Serves HTTP for a running Lethe, according to its configuration: messages, status, metrics, health and the console.
 * It refuses messages while Lethe is not ready.
 * @throws LetheError `config-invalid` if the address cannot be bound
 */
export async function serveHttp(lethe: RunningLethe, logger?: Logger): Promise<HttpServer> {
  const { config, log, topics, metrics, health } = lethe;
  const { host, port, connections, requestSeconds, stallSeconds, ...limits } = config.http;
  const address = { host, port };
  const serverLimits = { connections, requestMs: requestSeconds * 1000 };
  const told = (error: unknown, path: string): void =>
    logger?.error({ err: error, path }, 'a request failed');
  const gateway = createGateway({
    log,
    topics,
    modelName: config.model.name,
    version: letheVersion(),
    examine: (incoming) => examine(incoming, lethe),
    status: () => lethe.status(),
    evidence: (className, countRecords) => lethe.evidence(className, countRecords),
    accepting: () => health.report().ready,
    logAway: () => health.report().reasons?.find(({ what }) => what === 'kafka')?.why,
    stallMs: stallSeconds * 1000,
    ...limits,
    told,
  });
  const routes = new Hono()
    .route('/', guardedDoors(config.http))
    .route('/', gateway)
    .route('/', telemetryRoutes(metrics, health));
  routes.notFound((context) => nothingThere(context, routes.routes));
  routes.onError((error, context) => {
    if (!(error instanceof LetheError))
      logger?.error({ err: error, path: context.req.path }, 'a request failed');
    return refuse(context, toLetheError(error));
  });
  if (!config.console.enabled) return listen(routes, address, serverLimits);
  const { door, close } = consoleDoor(lethe);
  const server = await listen(routes.route('/', door), address, serverLimits);
  return {
    url: server.url,
    close: async () => {
      close();
      await server.close();
    },
  };
}

function consoleDoor(lethe: RunningLethe): { door: Hono; close: () => void } {
  const { config, log, topics, signals, store, health } = lethe;
  const { token } = config.http;
  const feed = createConsoleFeed(
    {
      log,
      topics,
      signals,
      vectors: store.vectors,
      knowledge: async () => {
        const { lag: _, workers: __, ...status } = await lethe.status();
        const tasks = [...store.registry.snapshot().tasks.values()]
          .filter(({ state }) => state === 'open')
          .map(({ name, classes, samples }) => ({ task: name, classes, samples }));
        return { ...status, tasks, role: config.worker.role, token: token !== undefined };
      },
      limits: payloadLimits(config.limits),
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
    pages: config.console.pages,
  });
  return { door, close: feed.close };
}
