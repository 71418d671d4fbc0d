import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Say } from './commands.js';
import { isTaken } from './ports.js';
import { isRunning, type ProcessHandle, stopProcess } from './processHandle.js';

/** A service that outlives the command that starts it; a file in its folder says which process it is. */
export interface Daemon {
  readonly name: string;
  readonly folder: string;
  readonly port: number;
  /** Why it can't run here, or undefined. */
  obstacle(): Promise<string | undefined>;
  /** Fetches its programs where they are missing. */
  provision(say: Say): Promise<string>;
  start(): Promise<ProcessHandle>;
}

const Running = z.object({ pid: z.number().int().positive(), port: z.number().int() });
type Running = z.infer<typeof Running>;

const pidFile = (daemon: Daemon): string => join(daemon.folder, 'process.json');

async function running(daemon: Daemon): Promise<Running | undefined> {
  const text = await readFile(pidFile(daemon), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const process = Running.parse(JSON.parse(text));
  return (await isRunning(process.pid, daemon.folder)) ? process : undefined;
}

/**
 * Starts the daemon where it does not run, and says what was done.
 *
 * @throws where its port is another's, or it can't run here.
 */
export async function bringUp(daemon: Daemon, say: Say): Promise<string> {
  const already = await running(daemon);
  if (already) {
    const elsewhere = already.port === daemon.port ? '' : `; to have it at ${daemon.port}, stop it first`;
    return `runs already at 127.0.0.1:${already.port} (pid ${already.pid})${elsewhere}`;
  }
  if (await isTaken(daemon.port)) {
    const name = daemon.name;
    throw new Error(
      `port ${daemon.port} is taken by another program; choose another by --${name}-port or ` +
        `LETHE_SERVICES_${name.toUpperCase()}_PORT`,
    );
  }
  const why = await daemon.obstacle();
  if (why) throw new Error(why);
  const began = performance.now();
  await daemon.provision((line) => say(`${daemon.name}: ${line}`));
  const { pid } = await daemon.start();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  return `started in ${seconds} s at 127.0.0.1:${daemon.port} (pid ${pid}), data in ${daemon.folder}`;
}

/** Stops the daemon where it runs, and says what was done. */
export async function bringDown(daemon: Daemon): Promise<string> {
  const process = await running(daemon);
  if (process) await stopProcess(process.pid, daemon.folder);
  await rm(pidFile(daemon), { force: true });
  return process ? `stopped; its data stays in ${daemon.folder}` : 'does not run';
}

/** One line on whether the daemon runs. */
export async function describe(daemon: Daemon): Promise<string> {
  const process = await running(daemon);
  const state = process ? `runs at 127.0.0.1:${process.port} (pid ${process.pid})` : 'does not run';
  return `${state}, data in ${daemon.folder}`;
}
