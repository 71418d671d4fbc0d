import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaService, startKafka } from '../../scripts/services/kafka.js';
import type { ProcessHandle } from '../../scripts/services/processHandle.js';
import { type RedisService, startRedis } from '../../scripts/services/redis.js';

/** A broker and a Redis Stack of the benchmark's own, on free ports, in temporary folders. */
export interface BenchServices {
  readonly kafka: KafkaService;
  readonly redis: RedisService;
  /** Ends both and removes their folders. */
  dispose(): Promise<void>;
}

/** Both with the settings of real use: the broker has all of its compiler, which the tests' quick start goes without. */
export async function startServices(): Promise<BenchServices> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-bench-services-'));
  const running: ProcessHandle[] = [];
  const killAll = (): void => {
    for (const { pid } of running) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    }
  };
  // They would outlive this process otherwise.
  process.once('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const [kafka, redis] = await Promise.all([
    startKafka({ folder: join(folder, 'kafka'), daemon: true }),
    startRedis({ folder: join(folder, 'redis') }),
  ]);
  running.push(kafka, redis);
  return {
    kafka,
    redis,
    dispose: async () => {
      await Promise.all(running.splice(0).map((service) => service.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}
