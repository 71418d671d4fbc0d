import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { Command } from '../../src/domain/messages/command.js';
import { lethe } from '../support/lethe.js';
import { LETHE, type LetheProcess, startLetheProcess, type Variables } from '../support/letheProcess.js';
import { around } from '../support/processing.js';

const DIMENSION = 64;
const AXES = { cat: 0, dog: 20, frog: 40 };
type Name = keyof typeof AXES;
const PER_CLASS = 12;
/** Whether its model was revised already or not. */
const FORGOTTEN: unknown = expect.stringMatching(/^(unlearned|rebuilt)$/);

const killed: (() => void)[] = [];
afterEach(() => {
  for (const kill of killed.splice(0)) kill();
});

function settings(): Variables {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-kept-'));
  return {
    LETHE_DISK__FOLDER: folder,
    LETHE_MODEL__CHECKPOINTS: join(folder, 'checkpoints'),
    LETHE_EMBEDDER__KIND: 'vectors',
    LETHE_EMBEDDER__DIMENSION: String(DIMENSION),
    LETHE_LEARNING__LEARNER: 'analytic',
  };
}

const start = (variables: Variables, ...args: string[]): Promise<LetheProcess> =>
  startLetheProcess(args, variables, (child) => killed.push(() => child.kill('SIGKILL')));

async function end({ child, ended }: LetheProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  child.kill(signal);
  await ended;
}

const statusSchema = z.object({
  model: z.object({ classes: z.array(z.string()) }).nullable(),
  classes: z.array(z.object({ name: z.string(), state: z.string() })),
});
const statesOf = async ({ client }: LetheProcess) =>
  Object.fromEntries(
    statusSchema.parse(await client.status()).classes.map(({ name, state }) => [name, state]),
  );

const command = ({ client }: LetheProcess, ...commands: Command[]): Promise<void> =>
  client.publish(commands.map((each) => encodeCommand(each, 'main', client.topics)));
const vectorOf = (name: Name, i: number): Float32Array => around(AXES[name], i, DIMENSION);

async function teach(worker: LetheProcess, task: string, names: readonly Name[]): Promise<void> {
  const samples = names.length * PER_CLASS;
  await command(worker, { id: `learn-${task}`, kind: 'learn', task, classes: [...names], samples });
  const { client } = worker;
  for (const label of names)
    for (let i = 0; i < PER_CLASS; i++) {
      const payload = { kind: 'vector' as const, vector: vectorOf(label, i) };
      await client.publish([encodeSample({ id: `${label}-${i}`, label, task, payload }, client.topics)]);
    }
}

async function answer({ client }: LetheProcess, name: Name): Promise<string | null | undefined> {
  const payload = { kind: 'vector' as const, vector: vectorOf(name, 3) };
  return (
    await client.ask(encodeQuery({ id: `q-${name}-${randomInt(2 ** 40)}`, payload }, client.topics), {
      timeoutMs: 60_000,
    })
  )?.label;
}

it('lethe run keeps what it was told, wherever it is killed', async () => {
  const variables = settings();
  let worker = await start(variables);
  const killSoon = async (): Promise<void> => {
    await wait(randomInt(40));
    await end(worker, 'SIGKILL');
    worker = await start(variables);
  };
  // Each step is acknowledged by the gateway alone: what comes of it, a later process has to see to.
  await teach(worker, 't1', ['cat', 'dog']);
  await killSoon();
  await expect.poll(() => statesOf(worker)).toEqual({ cat: 'learned', dog: 'learned' });
  await killSoon();
  expect(await answer(worker, 'cat')).toBe('cat');
  await command(worker, { id: 'u1', kind: 'unlearn', classes: ['cat'] });
  await killSoon();
  await expect.poll(() => statesOf(worker)).toMatchObject({ cat: FORGOTTEN });
  expect(await answer(worker, 'cat')).not.toBe('cat');
  await teach(worker, 't2', ['frog']);
  await killSoon();
  await expect.poll(() => statesOf(worker)).toEqual({ cat: FORGOTTEN, dog: 'learned', frog: 'learned' });
  await command(worker, { id: 'r1', kind: 'relearn', classes: ['cat'] });
  await killSoon();
  await expect.poll(() => statesOf(worker)).toMatchObject({ cat: 'learned' });
  await command(worker, { id: 'u2', kind: 'unlearn', samples: ['dog-0'] });
  await killSoon();
  const status = async () => JSON.stringify(await worker.client.status());
  await expect.poll(status).toContain('"dog"');

  await end(worker, 'SIGTERM');
  worker = await start(variables);
  for (const name of ['cat', 'dog', 'frog'] as const) expect(await answer(worker, name)).toBe(name);
  expect(await lethe(['audit', 'verify', '--url', worker.url], variables)).toMatchObject({ code: 0 });
  const chain = (await lethe(['audit', 'export', '--url', worker.url], variables)).stdout;
  for (const id of ['learn-t1', 'u1', 'learn-t2', 'r1', 'u2']) expect(chain).toContain(`"${id}"`);
});

it('after an erasure no file of the folder holds a vector of the class, nor a model that knows it', async () => {
  const variables = settings();
  const folder = variables.LETHE_DISK__FOLDER ?? '';
  let worker = await start(variables);
  await teach(worker, 't1', ['cat', 'dog']);
  await expect.poll(() => statesOf(worker)).toEqual({ cat: 'learned', dog: 'learned' });
  await end(worker, 'SIGTERM');
  worker = await start(variables);
  await command(worker, { id: 'e1', kind: 'erase', classes: ['cat'], now: true });
  const story = async () => (await lethe(['audit', 'export', '--url', worker.url], variables)).stdout;
  await expect.poll(story).toContain('erasure-completed');
  expect(await statesOf(worker)).toMatchObject({ cat: 'erased', dog: 'learned' });
  const holding = (name: Name): string[] =>
    files(folder).filter((path) => {
      const bytes = readFileSync(path);
      return Array.from({ length: PER_CLASS }, (_, i) => Buffer.from(vectorOf(name, i).buffer)).some(
        (vector) => bytes.includes(vector),
      );
    });
  expect(holding('cat')).toEqual([]);
  expect(holding('dog')).toEqual([join(folder, 'lethe.db')]);
});

it('a second process with the folder ends with what to do, and --memory keeps nothing in it', async () => {
  const variables = settings();
  const folder = variables.LETHE_DISK__FOLDER ?? '';
  const worker = await start(variables);
  const second = spawn(process.execPath, [LETHE, 'run', '--port', '0'], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  killed.push(() => second.kill('SIGKILL'));
  const said: string[] = [];
  second.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  expect(await once(second, 'close')).toEqual([78, null]);
  expect(said.join('')).toMatch(
    /error config-invalid: another process of Lethe works with this folder \(field disk\.folder, value .*lethe\.db\)\. Use the one that runs/,
  );
  await end(worker, 'SIGTERM');

  const before = statSync(join(folder, 'lethe.db')).mtimeMs;
  const passing = await start(variables, '--memory');
  await teach(passing, 't1', ['cat', 'dog']);
  await expect.poll(() => statesOf(passing)).toMatchObject({ cat: 'learned' });
  await end(passing, 'SIGTERM');
  expect(statSync(join(folder, 'lethe.db')).mtimeMs).toBe(before);
  const kept = await start(variables);
  expect(await statesOf(kept)).toEqual({});
});

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
