import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';
import { z } from 'zod';
import { createGatewayClient, type GatewayClient } from '../../src/adapters/http/client.js';

/** The `lethe` command as an argument of Node. */
export const LETHE = inject('letheProgram');

export type Variables = Readonly<Record<string, string>>;

const readySchema = z.object({ url: z.url() });
const lineSchema = z.looseObject({ level: z.string().optional(), msg: z.string().optional() });
type Line = z.infer<typeof lineSchema>;

/** `lethe run` in a process of its own, which a test may kill, freeze and resume. */
export interface LetheProcess {
  readonly child: ChildProcess;
  readonly client: GatewayClient;
  readonly url: string;
  /** What it has logged so far; its last words, if it failed, are among them as `error`. */
  readonly lines: readonly Line[];
  /** Resolves with the exit code when it has ended; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts `lethe run` and waits until it listens.
 * @param node that runs it, by default the one that runs the tests
 * @throws what it wrote, where it ended before
 */
export async function startLetheProcess(
  args: readonly string[],
  variables: Variables,
  onStarted: (child: ChildProcess) => void,
  node = process.execPath,
): Promise<LetheProcess> {
  const child = spawn(node, [LETHE, 'run', '--port', '0', '--json', ...args], {
    // What it keeps on disk is its own, where the variables do not say where.
    env: {
      ...process.env,
      LETHE_DISK__FOLDER: mkdtempSync(join(tmpdir(), 'lethe-disk-')),
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onStarted(child);
  const lines: Line[] = [];
  createInterface({ input: child.stderr }).on('line', (text) => lines.push(parsed(text)));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (text) =>
      resolve(readySchema.parse(JSON.parse(text)).url),
    );
    void ended.then((code) => reject(new Error(`ended with ${code}: ${JSON.stringify(lines.slice(-5))}`)));
  });
  return { child, client: createGatewayClient({ url }), url, lines, ended };
}

function parsed(text: string): Line {
  try {
    return lineSchema.parse(JSON.parse(text));
  } catch {
    return { msg: text };
  }
}

/** Variables of workers over these services, under a name of their own. */
export function overServices(
  { brokers, redisUrl }: { readonly brokers: string; readonly redisUrl: string },
  model = `e2e-${randomUUID()}`,
): Variables {
  return {
    LETHE_MODEL__NAME: model,
    LETHE_MODEL__BACKEND: 'wasm',
    LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(tmpdir(), 'lethe-checkpoints-')),
    LETHE_TRANSPORT__KIND: 'kafka',
    LETHE_TRANSPORT__TOPIC_PREFIX: `${model}.`,
    LETHE_TRANSPORT__KAFKA__BROKERS: JSON.stringify([brokers]),
    LETHE_TRANSPORT__KAFKA__SESSION_TIMEOUT_MS: '6000',
    LETHE_STORES__KIND: 'redis',
    LETHE_STORES__REDIS__URL: redisUrl,
    LETHE_CHECKPOINTS__KIND: 'redis',
  };
}
