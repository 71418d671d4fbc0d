import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/program.js';
import { createGateway } from '../../../src/streams/transports/http/gateway.js';
import { type HttpServer, listen } from '../../../src/streams/transports/http/server.js';
import { around, learn, type Processing, startProcessing } from '../../support/processing.js';

const folder = mkdtempSync(join(tmpdir(), 'lethe-cli-'));

/** Runs a command with streams of its own. */
async function lethe(argv: string, options: { input?: string; variables?: Record<string, string> } = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const written = [stdout, stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return chunks;
  });
  const io = {
    stdin: Readable.from([options.input ?? '']),
    stdout,
    stderr,
    variables: options.variables ?? {},
  };
  const code = await runCli(argv.split(' '), io);
  const [out, err] = written.map((chunks) => Buffer.concat(chunks).toString());
  return { code, out: out ?? '', err: err ?? '' };
}

async function image(path: string, background: string): Promise<void> {
  mkdirSync(join(path, '..'), { recursive: true });
  await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toFile(path);
}

describe('the command line', () => {
  it('tells how it is used', async () => {
    const { code, out } = await lethe('--help');
    expect(code).toBe(0);
    for (const word of [
      'Examples:',
      'demo',
      'run',
      'learn',
      'unlearn',
      'relearn',
      'produce',
      'status',
      'dataset',
      'embedder',
      'config',
    ]) {
      expect(out).toContain(word);
    }
  });

  it.each([
    'run',
    'learn',
    'unlearn',
    'relearn',
    'produce samples',
    'produce queries',
    'status',
    'dataset fetch',
    'embedder list',
    'embedder fetch',
    'config check',
    'config print',
    'demo',
  ])('%s has help with an example, and --json', async (command) => {
    const { code, out } = await lethe(`${command} --help`);
    expect(code).toBe(0);
    expect(out).toMatch(/Examples?:\n {2}\$ .*lethe/);
    expect(out).toContain('--json');
  });

  it.each([
    ['forget', /unknown command/],
    ['learn animals', /--task/],
    ['relearn', /missing required argument/],
    ['dataset fetch imagenet', /cifar10/],
    ['status --colour', /unknown option/],
    ['unlearn', /either classes, or --examples/],
  ])('%s is a mistake of the caller: exit code 2', async (argv, message) => {
    const { code, out, err } = await lethe(argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(out).toBe('');
  });

  it('lists embedders as text and as JSON', async () => {
    expect((await lethe('embedder list')).out).toMatch(
      /^efficientnet-lite0 {2}.*bundled\)\nresnet50 .*MB to fetch\)\n$/,
    );
    const entries: unknown = JSON.parse((await lethe('embedder list --json')).out);
    expect(entries).toMatchObject([
      { name: 'efficientnet-lite0', megabytes: null },
      { name: 'resnet50', megabytes: 95 },
    ]);
  });

  it('gives the configuration of a bundled embedder without fetching anything', async () => {
    expect((await lethe('embedder fetch efficientnet-lite0')).out).toBe('embedder:\n  kind: bundled\n');
    expect(await lethe('embedder fetch vgg')).toMatchObject({
      code: 1,
      err: expect.stringContaining('embedder-invalid'),
    });
  });

  it('checks and prints the configuration', async () => {
    const file = join(folder, 'own.yaml');
    writeFileSync(file, 'http: {port: 1234}\n');
    expect(await lethe(`config check --config ${file}`)).toMatchObject({
      code: 0,
      out: expect.stringContaining(file),
    });
    const variables = { LETHE_HTTP__TOKEN: 'a-token-that-none-may-see' };
    const printed = await lethe(`config print --config ${file}`, { variables });
    expect(printed.out).toContain('port: 1234');
    expect(printed.out).not.toContain(variables.LETHE_HTTP__TOKEN);
    const wrong = await lethe('config check --json', { variables: { LETHE_HTTP__PROT: '1' } });
    expect(wrong).toMatchObject({ code: 78, out: '' });
    expect(JSON.parse(wrong.err)).toMatchObject({
      error: { code: 'config-invalid', field: 'LETHE_HTTP__PROT' },
    });
  });

  it('says how to start a Lethe where none runs', async () => {
    const { code, err } = await lethe('status --url http://127.0.0.1:9');
    expect(code).toBe(1);
    expect(err).toMatch(/^error unreachable: .* Start one with `lethe run`.*\n$/);
  });
});

describe('commands to a running Lethe', () => {
  let processing: Processing;
  let server: HttpServer;
  const ask = (argv: string, input?: string) =>
    lethe(argv, { variables: { LETHE_URL: server.url }, ...(input !== undefined && { input }) });

  beforeAll(async () => {
    processing = startProcessing();
    const { log, topics } = processing;
    const gateway = createGateway({
      log,
      topics,
      modelName: 'test',
      status: async () => ({ name: 'test', classes: [] }),
      accepting: () => true,
      bodyBytes: 1e6,
      waiting: 100,
    });
    server = await listen(gateway, { host: '127.0.0.1', port: 0 });
    await learn(processing, 'first', { apple: 0, plum: 4 });
    for (const [name, colour] of [
      ['red', '#ff0000'],
      ['blue', '#0000ff'],
    ] as const) {
      for (let i = 0; i < 12; i++)
        await image(join(folder, 'colours', name, `${i}.png`), `${colour.slice(0, 5)}${10 + i}`);
    }
  });
  afterAll(async () => {
    await processing.stop();
    await processing.log.close();
    await server.close();
  });

  it('learn sends the command and the samples, and waits for the model', async () => {
    const { code, out, err } = await ask(`learn ${join(folder, 'colours')} --task colours --json`);
    expect([code, err]).toEqual([0, 'samples sent: 24\nepochs trained: 1\n']);
    expect(JSON.parse(out)).toMatchObject({ kind: 'task-finished', classes: ['blue', 'red'], samples: 24 });
  });

  it('learn tells why a task is refused, and sends no samples then', async () => {
    const { code, err } = await ask(`learn ${join(folder, 'colours')} --task again`);
    expect(code).toBe(1);
    expect(err).toMatch(/^error class-known: /);
    expect(processing.signals.some((signal) => signal.kind === 'dead-letter')).toBe(false);
  });

  it('learn wants labels, and a place that can be read twice', async () => {
    const bare = join(folder, 'bare.png');
    await image(bare, '#00ff00');
    expect(await ask(`learn ${bare} --task bare`)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--label'),
    });
    expect(await ask('learn - --task bare')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Give a folder'),
    });
  });

  it('produce queries prints the answers', async () => {
    const { code, out } = await ask(`produce queries ${join(folder, 'colours', 'red', '3.png')}`);
    expect(code).toBe(0);
    expect(out).toMatch(/^3\.png#\w+ {2}red {2}\d+\.\d % {2}\(model\)\n$/);
  });

  it('produce queries reads standard input, and tells why a query was refused', async () => {
    const lines = [
      { id: 'good', vector: [...around(0, 3)] },
      { id: 'short', vector: [1, 2] },
    ];
    const input = lines.map((line) => JSON.stringify(line)).join('\n');
    const { code, out, err } = await ask('produce queries - --json', input);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ queryId: 'good', label: 'apple' });
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'wrong-dimension', message: expect.stringContaining('1 of 2 queries') },
    });
  });

  it('produce queries need not wait', async () => {
    const input = JSON.stringify({ vector: [...around(4, 1)] });
    expect(await ask('produce queries - --no-wait', input)).toMatchObject({
      code: 0,
      out: '1 queries sent\n',
    });
  });

  it('produce samples sends samples of a task', async () => {
    const { code, out } = await ask(`produce samples ${join(folder, 'colours')} --task later --json`);
    expect([code, JSON.parse(out)]).toEqual([0, { task: 'later', sent: 24 }]);
  });

  it('unlearn by name, then relearn', async () => {
    expect((await ask('unlearn apple')).out).toMatch(/^unlearned apple \(20 vectors\) in [\d.]+ ms\n$/);
    const again = await ask('unlearn apple --json');
    expect([again.code, JSON.parse(again.err)]).toMatchObject([1, { error: { code: 'class-unlearned' } }]);
    expect((await ask('relearn apple')).out).toMatch(/^relearned apple \(20 vectors\)/);
    expect((await ask('relearn nothing')).code).toBe(1);
  });

  it('unlearn by examples', async () => {
    const file = join(folder, 'plums.jsonl');
    writeFileSync(file, [1, 2, 3].map((i) => JSON.stringify({ vector: [...around(4, i)] })).join('\n'));
    expect((await ask(`unlearn --examples ${file}`)).out).toMatch(/^unlearned plum \(20 vectors\)/);
    expect((await ask(`unlearn --examples ${join(folder, 'colours', 'blue', '1.png')}`)).out).toMatch(
      /^unlearned blue/,
    );
  });

  it('a command of the same id is carried out once', async () => {
    expect((await ask('relearn plum --id once')).out).toMatch(/^relearned plum/);
    expect((await ask('relearn plum --id once')).out).toMatch(/^already carried out/);
  });

  it('dead letters are listed, shown and replayed', async () => {
    const { code } = await ask('produce queries - --no-wait', '{"id": "short", "vector": [1, 2, 3]}');
    expect(code).toBe(0);
    const list = async () => (await ask('dead-letters list --reason wrong-dimension')).out;
    const before = await list();
    const lines = before.trim().split('\n');
    expect(lines.at(-1)).toMatch(/^test\.dead-letters\/\d\/\d+ {2}wrong-dimension {2}the vector has 3/);
    const id = lines.at(-1)?.split(' ')[0] ?? '';
    const shown = await ask(`dead-letters show ${id}`);
    expect(shown.out).toContain('reason: wrong-dimension');
    expect(shown.out).toContain('from: test.queries/');
    expect(await ask(`dead-letters replay ${id}`)).toMatchObject({ code: 0, out: '1 sent once more\n' });
    expect((await list()).trim().split('\n')).toHaveLength(lines.length + 1);
    expect(await ask('dead-letters show test.dead-letters/0/999')).toMatchObject({ code: 1 });
    expect(await ask('dead-letters replay')).toMatchObject({ code: 2 });
  });

  it('status shows what the gateway tells', async () => {
    expect((await ask('status')).out).toBe('name: test\nclasses: []\n');
    expect(JSON.parse((await ask('status --json')).out)).toEqual({ name: 'test', classes: [] });
  });
});
