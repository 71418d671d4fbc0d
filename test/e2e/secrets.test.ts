import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisService } from '../../scripts/services/redis.js';
import { runCli } from '../../src/cli/program.js';
import { LETHE } from '../support/letheProcess.js';
import { type Own, ownRedis } from '../support/services.js';

const SECRETS = {
  token: 'planted-token-4f1d77a0',
  redis: 'planted-redis-"9c\\2 /é',
  kafka: 'planted-kafka-77aa01',
  url: 'planted-url-0d3e',
};
/** As they are, and as JSON and addresses write them. */
const WRITINGS = Object.values(SECRETS).flatMap((secret) => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret).toString('base64'),
]);
const folder = mkdtempSync(join(tmpdir(), 'lethe-secrets-'));
const kafkaFile = join(folder, 'kafka-password');
writeFileSync(kafkaFile, `${SECRETS.kafka}\n`);

/** Runs a command in this process; gives its exit code and all that it wrote. */
async function lethe(args: readonly string[], variables: Readonly<Record<string, string>>) {
  let written = '';
  const out = new PassThrough().on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  const io = { stdin: Readable.from([]), stdout: out, stderr: out, variables };
  const code = await runCli(args, io);
  return { code, written };
}

function expectNoSecret(text: string): void {
  expect(WRITINGS.filter((secret) => text.includes(secret))).toEqual([]);
}

describe('planted secrets are in nothing that Lethe writes', () => {
  let redis: Own<RedisService>;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    redis = await ownRedis({ password: SECRETS.redis });
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await redis?.dispose();
  });
  const variables = () => ({
    LETHE_LOG__LEVEL: 'trace',
    LETHE_DISK__FOLDER: join(folder, 'disk'),
    LETHE_MODEL__CHECKPOINTS: join(folder, 'checkpoints'),
    LETHE_HTTP__TOKEN: SECRETS.token,
    LETHE_STORES__KIND: 'redis',
    LETHE_STORES__REDIS__URL: `redis://127.0.0.1:${redis.port}`,
    LETHE_STORES__REDIS__PASSWORD: SECRETS.redis,
    LETHE_TRANSPORT__KAFKA__SASL__PASSWORD_FILE: kafkaFile,
    LETHE_TRACES__ENABLED: 'true',
    LETHE_TRACES__RATIO: '1',
    LETHE_TRACES__URL: `http://user:${SECRETS.url}@127.0.0.1:9/v1/traces`,
  });

  it.each(['json', 'text'])(
    'by a worker at the lowest level, with its answers (%s)',
    async (format) => {
      const child = spawn(process.execPath, [LETHE, 'run', '--port', '0'], {
        env: { ...process.env, ...variables(), LETHE_LOG__FORMAT: format },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      children.push(child);
      let all = '';
      const ended = new Promise((resolve) => child.once('close', resolve));
      child.stderr.on('data', (chunk: Buffer) => {
        all += chunk.toString();
      });
      const url = await new Promise<string>((resolve, reject) => {
        createInterface({ input: child.stdout }).once('line', (line) =>
          resolve(/http:\S+/.exec(line)?.[0] ?? ''),
        );
        void ended.then(() => reject(new Error(all)));
      });
      const authorization = `Bearer ${SECRETS.token}`;
      const calls: [string, RequestInit?][] = [
        ['/v1/status', { headers: { authorization } }],
        ['/v1/status', { headers: { authorization: `Bearer ${SECRETS.token}x` } }],
        [
          '/v1/commands',
          { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '{' },
        ],
        [
          '/v1/queries',
          { method: 'POST', headers: { authorization, 'content-type': 'application/json' }, body: '[1,2]' },
        ],
        ['/metrics'],
        ['/readyz'],
        ['/console/feed'],
      ];
      for (const [path, init] of calls) {
        const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(20_000) });
        all += JSON.stringify([...response.headers]) + (await response.text());
      }
      await redis.kill();
      await expect.poll(() => all).toContain('unreachable or refuses requests');
      await redis.restart();
      await expect.poll(() => all).toContain('reachable again');
      child.kill('SIGTERM');
      await ended;
      expect(all).toContain('lethe_');
      expectNoSecret(all);
    },
    120_000,
  );

  it('by `config print` and `config check`', async () => {
    for (const args of [['print'], ['print', '--describe'], ['print', '--json'], ['check']]) {
      const { code, written } = await lethe(['config', ...args], variables());
      expect(code).toBe(0);
      if (args[0] === 'print') expect(written).toContain('(secret)');
      expectNoSecret(written);
    }
  });

  it.each([
    ['an address with a password', { LETHE_STORES__REDIS__URL: `redis://u:${SECRETS.url}@127.0.0.1:1` }],
    ['a token that has characters which may not be', { LETHE_HTTP__TOKEN: `${SECRETS.url} "` }],
    ['a password under a wrong name', { LETHE_STORES__REDIS__PASWORD: SECRETS.redis }],
    [
      'a password for a Redis that is not there',
      { LETHE_STORES__REDIS__URL: 'redis://127.0.0.1:1', LETHE_STORES__REDIS__START_TIMEOUT_MS: '300' },
    ],
    ['a password for another Redis', { LETHE_STORES__REDIS__PASSWORD: SECRETS.url }],
    ['a secret in the place of a certificate', { LETHE_STORES__REDIS__CA: kafkaFile }],
  ])(
    'by the error of %s',
    async (_, change) => {
      for (const json of [[], ['--json']]) {
        const { code, written } = await lethe(['run', '--port', '0', ...json], { ...variables(), ...change });
        expect(code).not.toBe(0);
        expectNoSecret(written);
      }
    },
    120_000,
  );

  it('by the error of a field of no known name in a file', async () => {
    const file = join(folder, 'own.yaml');
    writeFileSync(file, `stores:\n  redis:\n    pasword: ${JSON.stringify(SECRETS.redis)}\n`);
    const { code, written } = await lethe(['config', 'check', '--config', file], {});
    expect(code).toBe(78);
    expect(written).toContain('stores.redis.pasword');
    expectNoSecret(written);
  });
});
