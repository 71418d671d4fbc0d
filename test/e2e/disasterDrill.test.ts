import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient, type LetheClient, type Prediction, vectorPayload } from 'lethe-client/http';
import { from, lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../scripts/services/commands.js';
import { provisionRedis, type RedisService } from '../../scripts/services/redis.js';
import { blocksOf, endGroup, startShell } from '../support/documentShell.js';
import { lethe } from '../support/lethe.js';
import { LETHE, type LetheProcess, overServices, startLetheProcess } from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { redisCliFolder } from '../support/redisCli.js';
import { type Own, ownRedis, sharedServices } from '../support/services.js';

const AXES = { cat: 0, dog: 400, frog: 800 };
const PER_CLASS = 30;
const input = (axis: number, index: number) => vectorPayload(around(axis, index, 1280));
const QUESTIONS = Object.values(AXES).flatMap((axis) =>
  Array.from({ length: 8 }, (_, index) => ({ id: `${axis}-${index}`, payload: input(axis, index) })),
);

describe('docs/operations.md: backup, disaster, restore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-drill-'));
  const model = `drill-${randomUUID()}`;
  const children: ChildProcess[] = [];
  const clients: LetheClient[] = [];
  let redis: Own<RedisService>;
  let variables: Record<string, string>;
  let shell: ReturnType<typeof startShell>;

  /** What a shell finds on its PATH: the Redis and the Lethe that are tested. */
  const programs = async (): Promise<string> => {
    const stack = await provisionRedis();
    const server = `exec env LD_LIBRARY_PATH="${stack}/openssl" "${stack}/redis-server" "$@"`;
    const program = `exec "${process.execPath}" "${LETHE}" "$@"`;
    for (const [name, line] of Object.entries({ 'redis-server': server, npx: `shift\n${program}` })) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${line}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    return `${folder}:${await redisCliFolder()}:${process.env.PATH}`;
  };
  const start = async (): Promise<LetheProcess & { readonly lethe: LetheClient }> => {
    const running = await startLetheProcess([], variables, (child) => children.push(child));
    const asker = createHttpClient({ url: running.url });
    clients.push(asker);
    return { ...running, lethe: asker };
  };
  const settled = async ({ client }: LetheProcess): Promise<Status> => {
    const status = async () => (await client.status()) as Status;
    const lag = async () => Math.max(...Object.values((await status()).lag));
    await expect.poll(lag, { interval: 200 }).toBe(0);
    return status();
  };

  beforeAll(async () => {
    const { brokers } = await sharedServices();
    redis = await ownRedis();
    variables = {
      ...overServices({ brokers, redisUrl: redis.url }, model),
      LETHE_MODEL__CHECKPOINTS: join(folder, 'checkpoints'),
      LETHE_CHECKPOINTS__KIND: 'folder',
    };
    shell = startShell(folder, {
      ...process.env,
      ...variables,
      PATH: await programs(),
      REDIS_URL: redis.url,
      REDIS_DATA: join(redis.folder, 'data'),
      REDIS_CONF: join(redis.folder, 'redis.conf'),
      CHECKPOINTS: join(folder, 'checkpoints'),
      BACKUP: join(folder, 'backup'),
    });
  });
  afterAll(async () => {
    endGroup(shell?.process);
    for (const client of clients) await client.close();
    for (const child of children) child.kill('SIGKILL');
    await redis?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives the same answers, and what was unlearned stays unlearned, also since the backup', async () => {
    const blocks = await blocksOf('docs/operations.md');
    const run = (): Promise<string> => shell.run(blocks.shift() ?? '');

    const before = await start();
    const samples = Object.entries(AXES).flatMap(([label, axis]) =>
      Array.from({ length: PER_CLASS }, (_, index) => ({
        id: `${label}-${index}`,
        label,
        payload: input(axis, index),
      })),
    );
    await before.lethe.learn('pets', samples, { id: 'learn' });
    await before.lethe.unlearn({ classes: ['dog'] }, { id: 'unlearn-dog' });
    await run();
    await before.lethe.unlearn({ classes: ['frog'] }, { id: 'unlearn-frog' });
    const statusBefore = await settled(before);
    const answersBefore = await answersOf(before.lethe);
    expect(new Set(answersBefore.map(({ label }) => label))).toEqual(new Set(['cat']));

    before.child.kill('SIGTERM');
    await before.ended;
    await redis.kill();
    for (const lost of [join(redis.folder, 'data'), join(folder, 'checkpoints')]) {
      expect(await readdir(lost)).not.toEqual([]);
      await rm(lost, { recursive: true });
    }

    expect(await run()).toContain('aof_last_bgrewrite_status:ok');
    await redis.restart();
    expect(await run()).toMatch(
      /\.commands: 3 records will be read again\n.*\.samples: 90 records will be read again/,
    );
    expect(blocks).toEqual([]);

    const after = await start();
    const statusAfter = await settled(after);
    expect(statusAfter.classes).toEqual(statusBefore.classes);
    expect(statusAfter.databases).toEqual({ cil: PER_CLASS, mu: 2 * PER_CLASS });
    expect(statusAfter.databases).toEqual(statusBefore.databases);
    // It tells of the model once it has loaded it, and answers from then on.
    await expect
      .poll(async () => ((await after.client.status()) as Status).model)
      .toEqual(statusBefore.model);
    expect(await answersOf(after.lethe)).toEqual(answersBefore);

    const audit = await lethe(['audit', 'verify', '--url', after.url], {});
    expect(audit.stderr).toBe('');
    expect(audit.code).toBe(0);

    // Nothing of it was done a second time, and what was hidden can still be brought back.
    expect(await after.lethe.unlearn({ classes: ['dog'] }, { id: 'unlearn-dog' })).toMatchObject({
      kind: 'command-ignored',
    });
    expect(await after.lethe.relearn(['dog'])).toMatchObject({
      classes: [{ name: 'dog', moved: PER_CLASS }],
    });
    expect(await after.lethe.ask({ payload: input(AXES.dog, 3) })).toMatchObject({ label: 'dog' });
  });

  it('does not rewind under a worker that reads', async () => {
    const rewinding = execute('env', [
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      process.execPath,
      LETHE,
      'topics',
      'rewind',
      '2026-01-01T00:00:00Z',
    ]);
    await expect(rewinding).rejects.toThrow(/Stop all workers of this deployment first/);
  });
});

interface Status {
  readonly classes: readonly unknown[];
  readonly databases: unknown;
  readonly model: unknown;
  readonly lag: Readonly<Record<string, number>>;
}

/** The answers to the questions, without what tells when they were given. */
async function answersOf(client: LetheClient): Promise<Partial<Prediction>[]> {
  const answers = await lastValueFrom(from(client.askAll(QUESTIONS, { timeoutMs: 60_000 })).pipe(toArray()));
  return answers
    .map((answer) => {
      if ('error' in answer) throw answer.error;
      const { latencyMs: _, registryVersion: __, ...prediction } = answer.prediction;
      return prediction;
    })
    .sort((a, b) => (a.queryId < b.queryId ? -1 : 1));
}
