import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flattenedVerify, importSPKI } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisService } from '../../scripts/services/redis.js';
import { encodeSample } from '../../src/domain/cloudEvents.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { createKafkaLog, type KafkaLog } from '../../src/streams/transports/kafka/kafkaLog.js';
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

  beforeAll(async () => {
    const { brokers } = await sharedServices();
    redis = await ownRedis();
    folder = await mkdtemp(join(tmpdir(), 'lethe-erase-'));
    variables = {
      ...overServices({ brokers, redisUrl: redis.url }),
      LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '10',
      LETHE_ACTOR: 'alice',
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
      databaseFiles: 'begun',
    });
    await expect.poll(() => holding(variables, redis)).toEqual([]);
    expect((await run('dead-letters', 'list')).stdout).toContain('no dead letters');
    expect((await run('status')).stdout).toMatch(/name: cat\n\s+state: erased/);

    const twice = await run('erase', 'cat');
    expect(twice.code).toBe(1);
    expect(twice.stderr).toContain('class-erased');

    const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const key = join(folder, 'key.pem');
    await writeFile(key, privateKey);
    const issued = await run('audit', 'certificate', 'cat', '--key', key);
    const { payload } = await flattenedVerify(
      JSON.parse(issued.stdout),
      await importSPKI(publicKey, 'EdDSA'),
    );
    const certificate = JSON.parse(new TextDecoder().decode(payload));
    expect(certificate).toMatchObject({
      class: 'cat',
      askedBy: 'alice',
      vectors: PER_CLASS,
      deadLettersDeleted: 1,
    });

    await writeFile(join(folder, 'public.pem'), publicKey);
    expect(openssl(folder, JSON.parse(issued.stdout))).toContain('Signature Verified Successfully');

    const chain = join(folder, 'chain.jsonl');
    await writeFile(chain, (await run('audit', 'export')).stdout);
    const whole = await run('audit', 'verify', chain, '--head', certificate.chain.hash);
    expect(whole).toMatchObject({ code: 0 });
    const changed = (await readFile(chain, 'utf8')).replace('"actor":"alice"', '"actor":"carol"');
    await writeFile(chain, changed);
    const broken = await run('audit', 'verify', chain);
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain('audit-broken');
    expect((await run('audit', 'show', 'cat')).stdout).toMatch(
      /alice asked: erase .*\n.*cat is to be erased/,
    );
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
