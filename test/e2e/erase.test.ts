import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flattenedVerify, importSPKI } from 'jose';
import { createClient } from 'redis';
import { lastValueFrom, toArray } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisService } from '../../scripts/services/redis.js';
import { createKafkaLog, type KafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { keptNow } from '../../src/adapters/keptNow.js';
import { Keys } from '../../src/adapters/redis/keys.js';
import { decodePrediction, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { lethe } from '../support/lethe.js';
import {
  type LetheProcess,
  overServices,
  startLetheProcess,
  type Variables,
} from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { type Own, ownRedis, sharedServices } from '../support/services.js';

const DIMENSION = 1280;
const AXES = { cat: 0, dog: 400, frog: 800 };
const PER_CLASS = 40;

describe('lethe erase, over Kafka and Redis', () => {
  const processes: LetheProcess[] = [];
  let redis: Own<RedisService>;
  let variables: Variables;
  let log: KafkaLog;
  let folder: string;
  let publicPem: string;

  beforeAll(async () => {
    const { brokers } = await sharedServices();
    redis = await ownRedis();
    folder = await mkdtemp(join(tmpdir(), 'lethe-erase-'));
    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    publicPem = publicKey;
    await writeFile(join(folder, 'public.pem'), publicKey);
    await writeFile(join(folder, 'key.pem'), privateKey);
    variables = {
      ...overServices({ brokers, redisUrl: redis.url }),
      LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '10',
      // The one that searches for each query: what needs no index is not held up by one that is gone.
      LETHE_FILTER__KIND: 'relative',
      LETHE_ACTOR: 'alice',
      LETHE_AUDIT__SIGNING_KEY: join(folder, 'key.pem'),
    };
    log = await createKafkaLog(kafkaTestOptions(brokers, { clientId: 'erase-test' }));
    processes.push(await startLetheProcess(['--role', 'all'], variables, () => undefined));
  });
  afterAll(async () => {
    for (const { child } of processes) child.kill('SIGKILL');
    await log?.close();
    await redis?.dispose();
  });

  const run = (...args: string[]) => lethe([...args, '--url', processes[0]?.url ?? ''], variables);

  it('leaves no vector of the class, and a certificate that others can check', async () => {
    const lines = Object.entries(AXES).flatMap(([label, axis]) =>
      Array.from({ length: PER_CLASS }, (_, i) =>
        JSON.stringify({ id: `${label}-${i}`, label, vector: [...around(axis, i, DIMENSION)] }),
      ),
    );
    const file = join(folder, 'samples.jsonl');
    await writeFile(file, lines.join('\n'));
    expect(await run('learn', file, '--task', 't1')).toMatchObject({ code: 0 });
    expect(await run('unlearn', 'cat')).toMatchObject({ code: 0 });
    const topics = topicsUnder(variables.LETHE_TRANSPORT__TOPIC_PREFIX ?? '');
    const late = { kind: 'vector' as const, vector: around(AXES.cat, 3, DIMENSION) };
    await log.publish([encodeSample({ id: 'late', label: 'cat', task: 't1', payload: late }, topics)]);
    await expect.poll(async () => (await run('dead-letters', 'list')).stdout).toContain('class-unlearned');
    expect(await holding(variables, redis)).not.toEqual([]);

    const erased = await run('erase', 'cat', '--json');
    expect(erased).toMatchObject({ code: 0 });
    expect(JSON.parse(erased.stdout)).toMatchObject({
      kind: 'erased',
      classes: [{ name: 'cat', vectors: PER_CLASS }],
      checkpoints: 1,
      deadLetters: 1,
      databaseFiles: 'done',
    });
    await expect.poll(() => holding(variables, redis)).toEqual([]);
    expect((await run('dead-letters', 'list')).stdout).toContain('no dead letters');
    expect((await run('status')).stdout).toMatch(/name: cat\n\s+state: erased/);

    const twice = await run('erase', 'cat');
    expect(twice.code).toBe(1);
    expect(twice.stderr).toContain('class-erased');

    await expect
      .poll(async () => (await run('audit', 'show', 'cat')).stdout)
      .toContain('every place was checked');
    const checked = await run('erase', 'cat', '--check');
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^cat: erased, as /) });
    expect(checked.stdout).toMatch(
      /DB-MU: done, no vector of it\n.*checkpoints: done.*\n.*files: done, rewritten/,
    );
    expect(checked.stdout).toMatch(/samples: kept, 41 records name it/);
    expect(checked.stdout).toMatch(/dead-letters: waiting, no record names it; deleted, .*segment\.ms/);
    expect(await run('erase', 'dog', '--check')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /not-erased: .*"dog": its state in the registry is learned; .*40 of its vectors are in DB-CIL/,
      ),
    });
    const workers = JSON.parse((await run('workers', 'list', '--json')).stdout);
    expect(workers).toMatchObject([{ folder: variables.LETHE_MODEL__CHECKPOINTS, holds: [], gone: false }]);

    const issued = await run('audit', 'certificate', 'cat');
    const { payload } = await flattenedVerify(
      JSON.parse(issued.stdout),
      await importSPKI(publicPem, 'EdDSA'),
    );
    const certificate = JSON.parse(new TextDecoder().decode(payload));
    expect(certificate).toMatchObject({
      version: 3,
      class: 'cat',
      askedBy: 'alice',
      seen: {
        state: 'erased',
        vectors: { cil: 0, mu: 0 },
        model: { knows: false },
        answering: { knows: false },
        checkpoints: { knowing: [] },
      },
      told: { classes: [{ name: 'cat', vectors: PER_CLASS }], deadLetters: 1 },
    });

    expect(openssl(folder, JSON.parse(issued.stdout))).toContain('Signature Verified Successfully');

    const chain = join(folder, 'chain.jsonl');
    await writeFile(chain, (await run('audit', 'export')).stdout);
    const whole = await run('audit', 'verify', chain, '--head', certificate.chain.hash);
    expect(whole).toMatchObject({ code: 0 });
    const signed = await run(
      'audit',
      'verify',
      '--public-key',
      join(folder, 'public.pem'),
      '--signed-since',
      '0',
    );
    expect(signed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^numbers 0 to \d+ are signed by /m),
    });
    const changed = (await readFile(chain, 'utf8')).replace('"actor":"alice"', '"actor":"carol"');
    await writeFile(chain, changed);
    const broken = await run('audit', 'verify', chain);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('audit-broken');
    expect((await run('audit', 'show', 'cat')).stdout).toMatch(/alice requested: erase .*\n.*erasing cat/);
  });

  it('answers late, and loses no query, where the index is dropped and can not be made again at once', async () => {
    const topics = topicsUnder(variables.LETHE_TRANSPORT__TOPIC_PREFIX ?? '');
    const readiness = async () => {
      const response = await fetch(`${processes[0]?.url}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    expect(await readiness()).toMatchObject({ status: 200 });
    // With something in DB-MU, each query is looked for there.
    expect(await run('unlearn', 'dog')).toMatchObject({ code: 0 });
    const admin = createClient({ url: redis.url });
    await admin.connect();
    const ids = ['q1', 'q2', 'q3'];
    const answers = async () => {
      const records = await lastValueFrom(keptNow(log, topics.predictions).pipe(toArray()));
      return records.map((record) => decodePrediction(record)).filter(({ queryId }) => ids.includes(queryId));
    };
    try {
      await admin.configSet('maxmemory', '1');
      await admin.ft.dropIndex(new Keys(variables.LETHE_MODEL__NAME ?? '').vectorIndex);
      const payload = { kind: 'vector' as const, vector: around(AXES.frog, 2, DIMENSION) };
      await log.publish(ids.map((id) => encodeQuery({ id, payload }, topics)));
      await expect.poll(readiness).toMatchObject({
        status: 503,
        text: expect.stringContaining('redis index'),
      });
      expect(await answers()).toEqual([]);
      await admin.configSet('maxmemory', '0');
      await expect
        .poll(async () => (await answers()).map(({ label }) => label))
        .toEqual(['frog', 'frog', 'frog']);
      await expect.poll(readiness).toMatchObject({ status: 200 });
      expect((await run('dead-letters', 'list')).stdout).toContain('no dead letters');
    } finally {
      await admin.configSet('maxmemory', '0');
      await admin.close();
    }
  });

  it('goes through where Redis is out of memory, which it frees', async () => {
    const admin = createClient({ url: redis.url });
    await admin.connect();
    try {
      await admin.configSet('maxmemory', '1');
      const erased = await run('erase', 'dog', '--json');
      expect(erased).toMatchObject({ code: 0 });
      expect(JSON.parse(erased.stdout)).toMatchObject({
        kind: 'erased',
        classes: [{ name: 'dog', vectors: PER_CLASS }],
      });
    } finally {
      await admin.configSet('maxmemory', '0');
      await admin.close();
    }
    expect((await run('status')).stdout).toMatch(/name: dog\n\s+state: erased/);
  });
});

/** Checks a signature as docs/forgetting.md says. */
function openssl(folder: string, jws: Record<'protected' | 'payload' | 'signature', string>): string {
  writeFileSync(join(folder, 'signed.txt'), `${jws.protected}.${jws.payload}`);
  writeFileSync(join(folder, 'signature.bin'), Buffer.from(jws.signature, 'base64url'));
  const args = 'pkeyutl -verify -pubin -inkey public.pem -rawin -in signed.txt -sigfile signature.bin';
  return execFileSync('openssl', args.split(' '), { cwd: folder, encoding: 'utf8' });
}

/** Files of the database and of checkpoints in which the bytes of a vector of the erased class, or of a model that knew it, are. */
async function holding(variables: Variables, redis: Own<RedisService>): Promise<string[]> {
  const vectors = Array.from({ length: PER_CLASS }, (_, i) => {
    const { buffer, byteOffset, byteLength } = around(AXES.cat, i, DIMENSION);
    return Buffer.from(buffer, byteOffset, byteLength);
  });
  const found: string[] = [];
  for (const root of [redis.folder, variables.LETHE_MODEL__CHECKPOINTS ?? '']) {
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const bytes = await readFile(path).catch(() => Buffer.alloc(0));
      const knows = entry.name === 'manifest.json' && bytes.includes('"cat"');
      if (knows || vectors.some((vector) => bytes.includes(vector))) found.push(path);
    }
  }
  return found;
}
