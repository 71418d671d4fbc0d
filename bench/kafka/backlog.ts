import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, map, take, timeout, toArray } from 'rxjs';
import { groupsOf } from '../../src/domain/groups.js';
import type { OutgoingRecord } from '../../src/domain/record.js';
import { type Deployment, follow, type Variables } from './deployment.js';
import { processTime } from './processTime.js';
import type { BenchServices } from './services.js';

/** How fast workers answered a backlog, and what it cost. */
export interface Throughput {
  /** Queries a second, from the end of the warm-up to the last answer, by the times of the written predictions. */
  readonly perSecond: number;
  /** CPU milliseconds a query, warm-up included: of the workers, the broker, Redis. */
  readonly cpu: Readonly<Record<'workers' | 'kafka' | 'redis', number>>;
}

/** How a backlog is worked off. */
export interface BacklogOptions {
  readonly workers: number;
  /** Answers that are not counted: the compiler of node warms up. */
  readonly warmUp: number;
  /** Configuration of the workers, over the deployment's. */
  readonly changes?: Variables;
}

const PUBLISHED_TOGETHER = 500;
const POLL_MS = 250;
const SILENCE_MS = 30_000;

/**
 * Writes the queries while no worker runs, then starts workers and waits until all is answered. Whoever produces and
 * reads is thus out of the way: workers, broker and Redis share the cores, and nothing else.
 */
export async function workOff(
  deployment: Deployment,
  services: BenchServices,
  queries: readonly OutgoingRecord[],
  options: BacklogOptions,
): Promise<Throughput> {
  const { log, topics } = deployment;
  const from = await log.ends([topics.predictions]);
  for (let start = 0; start < queries.length; start += PUBLISHED_TOGETHER)
    await log.publish(queries.slice(start, start + PUBLISHED_TOGETHER));
  const workers = await Promise.all(
    Array.from({ length: options.workers }, () => deployment.start('infer', options.changes)),
  );
  const spent = watchTime({
    workers: workers.map(({ pid }) => pid),
    kafka: [services.kafka.pid],
    redis: [services.redis.pid],
  });
  while ((await log.lag(groupsOf(topics).inference, [topics.queries])) > 0) await sleep(POLL_MS);
  const cpu = spent(queries.length);
  await Promise.all(workers.map((worker) => worker.stop()));

  const written = await firstValueFrom(
    follow(deployment, topics.predictions, from).pipe(
      timeout(SILENCE_MS),
      map(({ timestamp }) => timestamp),
      take(queries.length),
      toArray(),
    ),
  );
  const counted = written.sort((a, b) => a - b).slice(options.warmUp);
  const seconds = ((counted.at(-1) as number) - (counted[0] as number)) / 1000;
  return { perSecond: (counted.length - 1) / seconds, cpu };
}

/** CPU milliseconds that groups of processes use from now on, for each of so many queries. */
function watchTime<K extends string>(
  pids: Readonly<Record<K, readonly number[]>>,
): (queries: number) => Record<K, number> {
  const used = (): Record<K, number> => {
    const groups = Object.entries<readonly number[]>(pids);
    const sums = groups.map(([name, of]) => [name, of.reduce((sum, pid) => sum + processTime(pid), 0)]);
    return Object.fromEntries(sums);
  };
  const before = used();
  return (queries) => {
    const differences = Object.entries<number>(used()).map(([name, now]) => [
      name,
      (now - before[name as K]) / queries,
    ]);
    return Object.fromEntries(differences);
  };
}
