import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { createGatewayClient } from '../../src/adapters/http/client.js';

/** The command as it is delivered, compiled: the sources would run through a loader. */
const LETHE = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const DRAIN_MS = 15_000;
const readySchema = z.object({ url: z.url() });
const statusSchema = z.object({ model: z.unknown().nullable() });

/** `lethe run` in a process of its own. */
export interface Worker {
  readonly pid: number;
  /** Of its gateway. */
  readonly url: string;
  /** Resolves when the worker has loaded the model that answers. */
  hasModel(): Promise<void>;
  /** Drains it as SIGTERM does, and waits for its end. */
  stop(): Promise<void>;
}

/** Starts `lethe run` of a role, and waits until its gateway listens. It ends with this process. */
export async function startWorker(
  role: 'learn' | 'infer',
  variables: Readonly<Record<string, string>>,
): Promise<Worker> {
  const args = ['run', '--role', role, '--port', '0', '--json'];
  // For those who look for what bounds a figure, e.g. `--cpu-prof --cpu-prof-dir=/tmp/prof`.
  const nodeOptions = (process.env.BENCH_WORKER_NODE ?? '').split(' ').filter((option) => option !== '');
  const child = spawn(process.execPath, [...nodeOptions, LETHE, ...args], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit').finally(() => process.off('exit', kill));
  const line = once(createInterface({ input: child.stdout }), 'line');
  const first = await Promise.race([line, ended.then(() => null)]);
  if (first === null) throw new Error(`lethe run --role ${role} ended at its start`);
  const { url } = readySchema.parse(JSON.parse(String(first[0])));
  const client = createGatewayClient({ url });
  return {
    pid: child.pid ?? 0,
    url,
    hasModel: async () => {
      while (statusSchema.parse(await client.status()).model === null) await sleep(50);
    },
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => {
        console.log(`lethe run --role ${role} did not drain within ${DRAIN_MS} ms and was killed`);
        kill();
      }, DRAIN_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
