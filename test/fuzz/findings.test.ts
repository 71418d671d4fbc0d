/** What fuzzing found, once each: input from outside that ended in another error than Lethe's, or took memory without bound. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCifar100 } from '../../packages/experiments/src/data/cifar100.js';
import { createGatewayClient } from '../../src/adapters/http/client.js';
import { compressionType, registerCodecs } from '../../src/adapters/kafka/codecs.js';
import { decodeCentroid, decodeVector } from '../../src/adapters/redis/encoding.js';
import { receiptOf } from '../../src/adapters/redis/registryReader.js';
import { environmentOverrides } from '../../src/app/config/environment.js';
import { configFields } from '../../src/app/config/fields.js';
import { loadConfig } from '../../src/app/config/loadConfig.js';
import { storyOf } from '../../src/auditing/auditStory.js';
import { loadDemoSubset } from '../../src/data/demoSubset.js';
import { imagesOfSprite } from '../../src/data/sprite.js';
import { decodeCommand, decodeQuery } from '../../src/domain/cloudEvents.js';
import type { LogRecord } from '../../src/domain/record.js';
import { sha256Of } from '../../src/model/checkpoint/files.js';
import { WEIGHTS_FILE } from '../../src/model/checkpoint/manifest.js';
import { parseCheckpoint } from '../../src/model/checkpoint/readCheckpoint.js';
import { writeCheckpoint } from '../../src/model/checkpoint/writeCheckpoint.js';
import { someCheckpoints } from '../unit/model/checkpoint/support.js';
import { BOMBS } from './targets/bombs.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-findings-'));
});
afterAll(() => rm(folder, { recursive: true }));

const DEEP = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;

function json(type: string, text: string): LogRecord {
  const headers = {
    ...{ ce_id: 'a', ce_type: type, ce_source: '/s', ce_specversion: '1.0' },
    'content-type': 'application/json',
  };
  return { topic: 't', partition: 0, offset: 0n, key: null, timestamp: 0, value: Buffer.from(text), headers };
}

describe('messages', () => {
  it.each([
    ['a vector', () => decodeQuery(json('lethe.query', `{"a":${DEEP}}`)), 'invalid-vector'],
    ['a component of a vector', () => decodeQuery(json('lethe.query', `[${DEEP}]`)), 'invalid-vector'],
    [
      'the kind of a command',
      () => decodeCommand(json('lethe.command', `{"kind":${DEEP}}`)),
      'unknown-command',
    ],
    [
      'a field of a command',
      () => decodeCommand(json('lethe.command', `{"kind":"unlearn","classes":${DEEP}}`)),
      'invalid-message',
    ],
  ])('may be nested so deeply that nobody can walk them: %s', (_, decode, code) => {
    expect(decode).toThrow(expect.objectContaining({ name: 'LetheError', code }));
  });

  it('of the audit chain may hold objects that are no texts, though they are asked for one', () => {
    const record = {
      ...{
        sequence: 0,
        previous: '0'.repeat(64),
        time: '2026-01-31T12:00:00Z',
        model: 'm',
        position: 't/0/0',
      },
      told: {
        of: 'command' as const,
        id: 'c',
        actor: null,
        body: { classes: ['cat'], kind: { toString: 1 } },
      },
    };
    expect(storyOf('cat', [record]).lines).toHaveLength(1);
  });
});

describe('a checkpoint', () => {
  it('of a thousand million blocks is refused before they are laid out', async () => {
    const { manifest, weights } = await files();
    const text = Buffer.from(manifest.toString().replace(/"blocks": \d+/, '"blocks": 1000000000'));
    expect(() => parseCheckpoint({ manifest: text, weights })).toThrow(/lists \d+ arrays/);
  });

  it('whose weights end within a number is refused, though their hash is right', async () => {
    const { manifest, weights } = await files();
    const document = JSON.parse(manifest.toString());
    const cut = weights.subarray(0, weights.length - 1);
    document.files[WEIGHTS_FILE] = { bytes: cut.length, sha256: sha256Of(cut) };
    const text = Buffer.from(JSON.stringify(document));
    expect(() => parseCheckpoint({ manifest: text, weights: cut })).toThrow(/no whole number of numbers/);
  });

  async function files() {
    const [first] = await someCheckpoints();
    const stored = await writeCheckpoint(folder, first);
    const read = (name: string) => readFile(join(stored.folder, name));
    return { manifest: await read('manifest.json'), weights: await read(WEIGHTS_FILE) };
  }
});

describe.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('a batch of Kafka (%s)', (name) => {
  const codec = async () => {
    await registerCodecs();
    return (kafkajs.CompressionCodecs[compressionType(name) as 1] as unknown as () => Codec)();
  };

  it('comes back as it was, small or large', async () => {
    const { compress, decompress } = await codec();
    for (const buffer of [Buffer.alloc(0), Buffer.from('a'), Buffer.alloc(3_000_000, 'a record ')]) {
      expect((await decompress(await compress({ buffer }))).equals(buffer)).toBe(true);
    }
  });

  it('that would fill memory is refused, and so is one that is none', async () => {
    const { decompress } = await codec();
    for (const bytes of [...BOMBS[name], Buffer.from('no batch at all')]) {
      await expect(decompress(bytes)).rejects.toMatchObject({ name: 'LetheError', code: 'invalid-message' });
    }
  });
});

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

describe('what a client is answered', () => {
  it.each([
    [200, '<html>'],
    [400, '{"error":{"code":"overloaded","message":"why","remedy":""}}'],
  ])('may be no JSON where JSON is promised, or an error without a remedy (%i)', async (status, body) => {
    const server = createServer((_, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createGatewayClient({ url: `http://127.0.0.1:${port}` });
    await expect(client.status()).rejects.toMatchObject({ name: 'LetheError', code: 'unreachable' });
    server.close();
  });
});

describe('configuration', () => {
  it.each(['http: &a [*a]\n', `http: ${'['.repeat(9000)}${']'.repeat(9000)}\n`])(
    'may hold itself, or be nested without end',
    async (text) => {
      const file = join(folder, 'odd.yaml');
      await writeFile(file, text);
      expect(() => loadConfig({ file, variables: {} })).toThrow(
        expect.objectContaining({ code: 'config-invalid', field: file }),
      );
    },
  );

  it.each([
    ['LETHE_HTTP__PORT', '&a [*a]'],
    ['LETHE_HTTP__PORT', '['],
    ['LETHE_HTTP__TOKEN_FILE', '/nowhere/at/all'],
  ])(
    'by the variable %s may be no YAML, or name no file: the variable is named, its value not',
    (name, value) => {
      const read = (path: string): string => {
        throw new Error(`ENOENT ${path}`);
      };
      expect(() => environmentOverrides({ [name]: value }, configFields(), read)).toThrow(
        expect.objectContaining({ code: 'config-invalid', field: name, value: undefined }),
      );
    },
  );
});

describe('a data set', () => {
  it.each([
    ['no index', '{'],
    [
      'a grid that fills memory',
      index({ grid: [600, 600], train: 300, test: 300, columns: 6000, rows: 6000 }),
    ],
    ['a sprite that is not there', index({ file: 'gone.webp' })],
  ])('may have %s', async (_, text) => {
    await writeFile(join(folder, 'index.json'), text);
    const refusal = { name: 'LetheError', code: 'download-corrupt' };
    await expect(loadCifar100(folder)).rejects.toMatchObject(refusal);
    await expect(loadDemoSubset(folder)).rejects.toMatchObject(refusal);
  });

  it.each([Buffer.alloc(0), Buffer.from('no picture')])(
    'may have sprites that are no pictures',
    async (bytes) => {
      await expect(imagesOfSprite(bytes, { columns: 1, rows: 1 })).rejects.toMatchObject({
        name: 'LetheError',
        code: 'download-corrupt',
      });
    },
  );

  function index({ file = 'index.json', ...rest }: Record<string, unknown>): string {
    const classes = [
      { id: 0, name: 'a', file, sha256: sha256Of(Buffer.from('')), trainIndices: [], testIndices: [] },
    ];
    const sizes = { grid: [1, 2], train: 1, test: 1, columns: 1, rows: 2, trainPerClass: 1, testPerClass: 1 };
    return JSON.stringify({ ...sizes, source: '', script: '', seed: 1, ...rest, classes });
  }
});

describe('what Redis holds', () => {
  it.each([
    ['a vector', () => decodeVector('key', Buffer.alloc(5), { dimension: 4, type: 'float32' })],
    ['a centroid', () => decodeCentroid('key', 'AA==', 4)],
    [
      'a receipt',
      () =>
        receiptOf('key', {
          id: 'a',
          position: 'p',
          registryVersion: 1,
          details: '{',
          movedClasses: [],
          movedCounts: '',
        }),
    ],
  ])('may be cut off by who else writes there: %s', (_, read) => {
    const field = 'key';
    expect(read).toThrow(expect.objectContaining({ name: 'LetheError', code: 'backend-unavailable', field }));
  });
});
