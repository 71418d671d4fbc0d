import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway } from '../../../src/adapters/http/gateway.js';
import { type HttpServer, listen } from '../../../src/adapters/http/server.js';
import { classEvidence } from '../../../src/app/evidence.js';
import { sealerOf } from '../../../src/auditing/auditSeal.js';
import { runCli } from '../../../src/cli/program.js';
import { sha256 } from '../../../src/domain/auditChain.js';
import { encodeEvent } from '../../../src/domain/cloudEvents.js';
import { groupsOf } from '../../../src/domain/groups.js';
import type { LetheEvent } from '../../../src/domain/messages/event.js';
import type { Knowing } from '../../../src/model/checkpoint/checkpointStore.js';
import {
  around,
  learn,
  memoryLog,
  NO_CHECKPOINTS,
  type Processing,
  startProcessing,
} from '../../support/processing.js';

const folder = mkdtempSync(join(tmpdir(), 'lethe-audit-'));
const at = (name: string): string => join(folder, name);

function keyPair(name: string): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  writeFileSync(at(`${name}.pem`), publicKey);
  writeFileSync(at(`${name}-key.pem`), privateKey);
  return privateKey;
}

async function lethe(argv: readonly string[], url: string) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = [stdout, stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return chunks;
  });
  const io = { stdin: Readable.from(['']), stdout, stderr, variables: { LETHE_URL: url } };
  const code = await runCli([...argv], io);
  const [out = '', err = ''] = written.map((chunks) => Buffer.concat(chunks).toString());
  return { code, out, err };
}

/** The commands that docs/forgetting.md gives others, as they stand there. */
const documented = [...readFileSync('docs/forgetting.md', 'utf8').matchAll(/```bash\n(.*?)```/gs)].map(
  ([, commands = '']) => commands,
);
const byHand = (commands = ''): string =>
  execFileSync('bash', ['-eo', 'pipefail', '-c', commands], { cwd: folder, encoding: 'utf8' });

const FORGED: LetheEvent = {
  kind: 'erased',
  commandId: 'made-up',
  classes: [{ name: 'cat', vectors: 20 }],
  modelVersion: 'v9',
  databaseFiles: 'none',
  checkpoints: 1,
  deadLetters: 0,
  topics: [],
  places: [],
  registryVersion: 1,
  ms: 1,
};

describe('the evidence of a running Lethe', () => {
  const log = memoryLog();
  let processing: Processing;
  let server: HttpServer;
  let knowing: Knowing = { kept: 2, knowing: [] };
  const ask = (...argv: string[]) => lethe(argv, server.url);
  const certify = () => ask('audit', 'certificate', 'cat', '--key', at('public-key.pem'));
  const chained = async (): Promise<void> => {
    const { topics } = processing;
    await expect.poll(() => log.lag(groupsOf(topics).audit, [topics.commands, topics.events])).toBe(0);
  };

  beforeAll(async () => {
    const sealer = sealerOf(keyPair('public'), 'public-key.pem');
    keyPair('other');
    processing = startProcessing({ log, sealer });
    const { topics, training } = processing;
    const gateway = createGateway({
      log,
      topics,
      modelName: 'test',
      status: async () => ({}),
      evidence: (className) =>
        classEvidence(className, {
          ...processing.context,
          worker: 'here',
          checkpoints: { ...NO_CHECKPOINTS, knowing: async () => knowing },
        }),
      accepting: () => true,
      bodyBytes: 1e6,
      inFlightBytes: 1e7,
      waiting: 9,
      followers: 99,
      backlogs: 99,
      waitSeconds: 5,
      waiters: 10,
    });
    expect(training).toBeDefined();
    server = await listen(gateway, { host: '127.0.0.1', port: 0 });
    await learn(processing, 't1', { cat: 0, dog: 4, frog: 8 });
  });
  afterAll(async () => {
    await processing.stop();
    await log.close();
    await server.close();
  });

  it('is not what others wrote: an erasure that was told of by no learner gives no certificate', async () => {
    await log.publish([encodeEvent(FORGED, 'test', processing.topics)]);
    await chained();
    expect(processing.signals).toContainEqual(
      expect.objectContaining({
        kind: 'unconfirmed',
        event: 'erased',
        why: expect.stringMatching(/no record of this erasure/),
      }),
    );
    expect((await ask('audit', 'show', 'cat')).out).toMatch(
      /NOT CONFIRMED, somebody wrote: erased cat .* The registry does not confirm it: /,
    );
    const verified = await ask('audit', 'verify');
    expect(verified.code).toBe(0);
    expect(verified.out).toMatch(
      /^the registry does not confirm number \d+: erased: the registry has no record/m,
    );
    const refused = await certify();
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(
      /^error not-erased: .*its state in the registry is learned; 20 of its vectors are in DB-CIL/,
    );
    // Also of a class that is suppressed only.
    await processing.command({ id: 'u1', kind: 'unlearn', classes: ['cat'] });
    await processing.event('unlearned');
    expect((await certify()).err).toMatch(
      /^error not-erased: .*its state in the registry is unlearned; 20 of its vectors are in DB-MU/,
    );
  });

  it('certifies what is there once the class was erased, and others can check it', async () => {
    await processing.command({ id: 'e1', kind: 'erase', classes: ['cat'] });
    await processing.event('erasure-completed');
    await log.publish([encodeEvent({ ...FORGED, commandId: 'e1' }, 'test', processing.topics)]);
    await chained();
    const issued = await certify();
    expect(issued).toMatchObject({ code: 0, err: '' });
    const { payload } = JSON.parse(issued.out);
    const certificate = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(certificate).toMatchObject({
      version: 3,
      class: 'cat',
      seen: {
        worker: 'here',
        state: 'erased',
        vectors: { cil: 0, mu: 0 },
        model: { knows: false },
        checkpoints: { kept: 2, knowing: [] },
        places: expect.arrayContaining([expect.objectContaining({ place: 'worker test', state: 'done' })]),
      },
      // What the learner told, and not what someone told behind it.
      told: { commandId: 'e1', modelVersion: certificate.seen.model.version },
    });
    writeFileSync(at('certificate.json'), issued.out);
    expect(byHand(documented[1])).toContain('Signature Verified Successfully');

    const exported = await ask('audit', 'export', '--signatures', at('signatures.jsonl'));
    writeFileSync(at('chain.jsonl'), exported.out);
    const lines = exported.out.trimEnd().split('\n');
    expect(sha256(lines.at(-1) ?? '')).toBe(certificate.chain.hash);
    expect(certificate.records.length).toBeGreaterThan(5);
    const kinds: string[] = [];
    for (const { sequence, hash } of certificate.records) {
      expect(sha256(lines[sequence] ?? '')).toBe(hash);
      const { told, registry } = JSON.parse(lines[sequence] ?? '');
      kinds.push(told.body.kind);
      expect(registry?.confirms).not.toBe(false);
    }
    expect(kinds).toEqual(
      expect.arrayContaining(['task-announced', 'unlearned', 'erase-accepted', 'erased']),
    );
    expect(kinds.filter((kind) => kind === 'erased')).toHaveLength(1);
  });

  it('is signed, record by record, and checked by the commands of the documentation alone', async () => {
    const lines = readFileSync(at('chain.jsonl'), 'utf8').trimEnd().split('\n');
    const said = byHand(documented[0]).trimEnd().split('\n');
    expect(said[0]).toBe(`linked to the end; the head is ${sha256(lines.at(-1) ?? '')}`);
    expect(said.slice(1)).toEqual(
      lines.map((_, number) =>
        expect.stringMatching(new RegExp(`^number ${number} is signed by [0-9a-f]{64}$`)),
      ),
    );
    const files = ['audit', 'verify', at('chain.jsonl'), '--signatures', at('signatures.jsonl')];
    const key = ['--public-key', at('public.pem')];
    const whole = `numbers 0 to ${lines.length - 1} are signed by `;
    for (const argv of [files, ['audit', 'verify']]) {
      const verified = await ask(...argv, ...key, '--signed-since', '0');
      expect([verified.code, verified.out]).toEqual([0, expect.stringContaining(whole)]);
      const strange = await ask(...argv, '--public-key', at('other.pem'));
      expect([strange.code, strange.out]).toEqual([0, expect.stringContaining('by an unknown key')]);
      expect(await ask(...argv, '--public-key', at('other.pem'), '--signed-since', '2')).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^error audit-broken: number 2 is signed by an unknown key/),
      });
    }
    // A private key is none to be handed around.
    expect(await ask(...files, '--public-key', at('public-key.pem'))).toMatchObject({ code: 78 });

    const signatures = readFileSync(at('signatures.jsonl'), 'utf8').trimEnd().split('\n');
    const third = {
      ...JSON.parse(signatures[3] ?? ''),
      signature: JSON.parse(signatures[2] ?? '').signature,
    };
    writeFileSync(at('signatures.jsonl'), signatures.with(3, JSON.stringify(third)).join('\n'));
    expect(await ask(...files, ...key)).toMatchObject({
      code: 1,
      err: expect.stringContaining('the signature of record 3 is invalid'),
    });
    expect(() => byHand(documented[0])).toThrow();
    writeFileSync(at('signatures.jsonl'), signatures.toSpliced(3, 1).join('\n'));
    expect((await ask(...files, ...key)).out).toContain('number 3 is not signed');
    expect(await ask(...files, ...key, '--signed-since', '0')).toMatchObject({ code: 1 });
    writeFileSync(
      at('chain.jsonl'),
      lines.with(3, (lines[3] ?? '').replace('"sequence":3', '"sequence": 3')).join('\n'),
    );
    expect(() => byHand(documented[0])).toThrow();
  });

  it('certifies nothing while something of the class is there, whatever was told', async () => {
    const { store } = processing;
    knowing = { kept: 2, knowing: ['v0001-aaaaaaaa'] };
    expect((await certify()).err).toContain('checkpoints that know it exist: v0001-aaaaaaaa');
    knowing = { kept: 2, knowing: [] };
    const left = { id: 'left', className: 'cat', task: 't1', vector: around(0, 1) };
    await store.vectors.upsert('mu', [left]);
    expect((await certify()).err).toContain('1 of its vectors are in DB-MU');
    await store.vectors.delete({ classes: ['cat'] });
    expect((await certify()).code).toBe(0);

    await learn(processing, 't2', { cat: 0 });
    await chained();
    const refused = await certify();
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toMatch(/not-erased: .*its state in the registry is learned/);
  });

  it('asks for the class', async () => {
    expect((await fetch(`${server.url}/v1/evidence`)).status).toBe(400);
    expect((await ask('audit', 'certificate', 'nothing', '--key', at('public-key.pem'))).err).toContain(
      'its state in the registry is missing',
    );
  });
});
