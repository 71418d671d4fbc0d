import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startKafka } from '../../scripts/services/kafka.js';
import { freePort } from '../../scripts/services/ports.js';
import type { ProcessHandle } from '../../scripts/services/processHandle.js';
import { startRedis } from '../../scripts/services/redis.js';

/** Where the services listen that all test files of a run share. */
export interface SharedServices {
  /** `127.0.0.1:port` */
  readonly brokers: string;
  readonly redisUrl: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers a GET with `SharedServices` as JSON; the first one starts them. */
    readonly sharedServices: string;
  }
}

let close: () => Promise<void> = async () => {};

/**
 * Starts Kafka and Redis when the first test file asks for them, once for the whole run: a run of unit tests alone does
 * not wait for them. The test files, which are processes of their own, ask this one by HTTP.
 */
export async function setup(project: TestProject): Promise<void> {
  const services: ProcessHandle[] = [];
  let folder: string | undefined;
  const start = async (): Promise<SharedServices> => {
    const root = await mkdtemp(join(tmpdir(), 'lethe-services-'));
    folder = root;
    const note = <T extends ProcessHandle>(service: T): T => {
      services.push(service);
      return service;
    };
    const [kafka, redis] = await Promise.all([
      startKafka({ folder: join(root, 'kafka') }).then(note),
      startRedis({ folder: join(root, 'redis') }).then(note),
    ]);
    return { brokers: kafka.brokers, redisUrl: redis.url };
  };
  let shared: Promise<SharedServices> | undefined;
  const server = createServer(async (_request, response) => {
    try {
      shared ??= start();
      response.end(JSON.stringify(await shared));
    } catch (error) {
      response.writeHead(500).end(error instanceof Error ? error.message : String(error));
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  project.provide('sharedServices', `http://127.0.0.1:${port}`);
  close = async () => {
    server.close();
    await shared?.catch(() => {});
    await Promise.all(services.map((service) => service.kill()));
    if (folder) await rm(folder, { recursive: true, force: true });
  };
}

/** Ends what `setup` started. */
export async function teardown(): Promise<void> {
  await close();
}
