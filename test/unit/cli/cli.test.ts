import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { take } from 'rxjs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { delegating } from '../../../src/adapters/delegating.js';
import { createGateway } from '../../../src/adapters/http/gateway.js';
import { type HttpServer, listen } from '../../../src/adapters/http/server.js';
import { encodeAuditRecord } from '../../../src/auditing/auditRecords.js';
import { runCli } from '../../../src/cli/program.js';
import { chained } from '../../../src/domain/auditChain.js';
import { deadLetter } from '../../../src/domain/deadLetter.js';
import { LetheError } from '../../../src/domain/errors.js';
import { ROOMY } from '../../support/gatewayLimits.js';
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
  it('verifies nothing where nothing is kept, and creates nothing there', async () => {
    const missing = join(folder, 'nothing-kept');
    const { code, err } = await lethe('verify cat --test none', {
      variables: { LETHE_DISK__FOLDER: missing },
    });
    expect(code).toBe(78);
    expect(err).toContain('no Lethe has kept anything in this folder');
    expect(existsSync(missing)).toBe(false);
  });

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
    'ask',
    'evaluate',
    'try',
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
    ['unlearn', /one of: classes, --examples/],
  ])('%s is a mistake of the caller: exit code 2', async (argv, message) => {
    const { code, out, err } = await lethe(argv);
    expect(code).toBe(2);
    expect(err).toMatch(message);
    expect(out).toBe('');
  });

  it('tells a mistake of the caller as JSON, where that is asked for', async () => {
    for (const [argv, message] of [
      ['lern --json', /unknown command 'lern'.*Did you mean learn/s],
      ['status --jsn --json', /unknown option '--jsn'.*Did you mean --json/s],
      ['unlearn --json', /one of: classes/],
    ] as const) {
      const { code, out, err } = await lethe(argv);
      expect([code, out]).toEqual([2, '']);
      expect(JSON.parse(err)).toMatchObject({
        error: { code: 'invalid-message', message: expect.stringMatching(message) },
      });
    }
  });

  it('lists embedders as text and as JSON', async () => {
    expect((await lethe('embedder list')).out).toMatch(
      /^efficientnet-lite0 {2}.*bundled\)\nresnet50 .*MB to download\)\nall-minilm-l6-v2 .*16 MB to download\)\n$/,
    );
    const entries: unknown = JSON.parse((await lethe('embedder list --json')).out);
    expect(entries).toMatchObject([
      { name: 'efficientnet-lite0', megabytes: null },
      { name: 'resnet50', megabytes: 95 },
      { name: 'all-minilm-l6-v2', megabytes: 16, takes: 'texts' },
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

it('writes through one place, which escapes', () => {
  const files = readdirSync('src/cli').filter((file) => file !== 'io.ts' && file !== 'program.ts');
  const writing = files.filter((file) =>
    /\.write\(|console\.(log|error|info|warn)/.test(readFileSync(`src/cli/${file}`, 'utf8')),
  );
  expect(writing).toEqual([]);
});

describe('commands to a running Lethe', () => {
  let processing: Processing;
  let server: HttpServer;
  let shown: readonly { readonly name: string; readonly state: string }[] = [];
  const ask = (argv: string, input?: string) =>
    lethe(argv, { variables: { LETHE_URL: server.url }, ...(input !== undefined && { input }) });

  beforeAll(async () => {
    processing = startProcessing();
    const { log, topics } = processing;
    const gateway = createGateway({
      log,
      topics,
      modelName: 'test',
      status: async () => ({ name: 'test', classes: shown }),
      accepting: () => true,
      ...ROOMY,
      waitSeconds: 60,
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

  it('ask prints the answers in the order of the inputs, and names what got none', async () => {
    const picture = join(folder, 'colours', 'red', '1.png');
    const lines = `{"vector": [${around(0, 3).join(',')}]}\n{"vector": [1, 2]}\n{"vector": [${around(4, 3).join(',')}]}\n`;
    const { code, out, err } = await ask(`ask ${picture} - --json`, lines);
    const answers = out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(answers).toMatchObject([{ label: 'red' }, { label: 'apple' }, { label: 'plum' }]);
    expect([code, JSON.parse(err)]).toMatchObject([
      1,
      { error: { code: 'wrong-dimension', message: expect.stringContaining('1 of 4 inputs') } },
    ]);
    expect((await ask(`ask ${picture}`)).out).toMatch(/1\.png {2}red {2}[\d.]+ % {2}\(model\)\n$/);
  });

  it('unlearn by name, then relearn', async () => {
    expect((await ask('unlearn apple')).out).toMatch(/^unlearned apple \(20 vectors\) in [\d.]+ ms\n$/);
    shown = [...processing.store.registry.snapshot().classes.values()];
    const again = await ask('unlearn apple --json');
    expect([again.code, JSON.parse(again.out)]).toMatchObject([
      0,
      { kind: 'already-unlearned', classes: ['apple'] },
    ]);
    const both = await ask('unlearn apple plum --json');
    expect([both.code, JSON.parse(both.err)]).toMatchObject([1, { error: { code: 'class-unlearned' } }]);
    shown = [];
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
    expect(await ask(`dead-letters replay ${id}`)).toMatchObject({ code: 0, out: 'replayed 1 records\n' });
    expect((await list()).trim().split('\n')).toHaveLength(lines.length + 1);
    expect(await ask('dead-letters show test.dead-letters/0/999')).toMatchObject({ code: 1 });
    expect(await ask('dead-letters replay')).toMatchObject({ code: 2 });
  });

  it('refuses to replay what was kept without its value, and sends nothing then; a replay by reason passes over it', async () => {
    const { log, topics } = processing;
    const headers = { ce_id: 'k', 'content-type': 'application/x-float32' };
    const record = { topic: topics.queries, partition: 0, key: 'k', timestamp: 1, headers };
    const letterOf = (offset: bigint, bytes: number) => {
      const error = new LetheError('image-corrupt', 'as a test has it', { remedy: 'None.' });
      const letter = deadLetter(
        { ...record, offset, value: Buffer.alloc(bytes) },
        error,
        topics['dead-letters'],
      );
      return { whole: letter, smaller: letter.smaller?.() ?? letter };
    };
    const [kept, large] = [letterOf(7n, 8), letterOf(8n, 2_000_000)];
    await log.publish([kept.whole, large.smaller]);
    const listed = (await ask('dead-letters list --reason image-corrupt')).out.trim().split('\n');
    const idOf = (note: boolean) =>
      listed.find((line) => line.endsWith('(without its value)') === note)?.split(' ')[0] ?? '';
    const [whole, without] = [idOf(false), idOf(true)];
    const sent = async () => (await log.ends([topics.queries])).get(topics.queries);
    const before = await sent();
    const refused = await ask(`dead-letters replay ${whole} ${without}`);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(`${without} can't be replayed`);
    expect(refused.err).toContain('It was test.queries/0/8, with 2000000 bytes');
    expect(await sent()).toEqual(before);
    expect(await ask('dead-letters replay --reason image-corrupt')).toMatchObject({
      code: 0,
      out: 'replayed 1 records\n',
      err: `skipped, because their values are missing: ${without}\n`,
    });
    expect(await sent()).not.toEqual(before);
  });

  it('shows nothing of what others wrote that a terminal obeys, nor a line that they made up', async () => {
    const { log, topics } = processing;
    const hostile = 'x\ntest.dead-letters/0/7  forged\u001b[2J\u009b1m\u202e';
    const letter = deadLetter(
      {
        topic: topics.queries,
        partition: 0,
        offset: 0n,
        key: hostile,
        timestamp: 1,
        value: Buffer.from('x'),
        headers: { ce_type: hostile },
      },
      new LetheError('ambiguous-vote', hostile, { remedy: hostile }),
      topics['dead-letters'],
    );
    const foreign = { topic: topics['dead-letters'], key: null, value: Buffer.from(hostile), headers: {} };
    await log.publish([letter, foreign]);
    const listed = await ask('dead-letters list --reason ambiguous-vote');
    expect(listed).toMatchObject({ code: 0, err: 'skipped 1 records that are not dead letters\n' });
    expect(listed.out.split('\n')).toHaveLength(2);
    expect(listed.out).toContain('x\\ntest.dead-letters/0/7  forged\\u001b[2J');
    const id = listed.out.split(' ')[0] ?? '';
    const outputs = [listed.out, (await ask(`dead-letters show ${id}`)).out];
    const json = await ask('dead-letters list --reason ambiguous-vote --json');
    expect(JSON.parse(json.out)).toMatchObject([{ message: hostile, key: hostile }]);
    outputs.push(json.out, (await ask(`dead-letters show ${id}\u001b[2J\nforged`)).err);
    for (const out of outputs) expect(out).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    expect(outputs[1]?.trimEnd().split('\n')).toHaveLength(9);
    expect(outputs[3]?.trimEnd().split('\n')).toHaveLength(2);
  });

  it('names foreign records of the audit chain, and leaves them out of an export', async () => {
    const { log, topics } = processing;
    const whole = /^\d+ records, complete/;
    expect((await ask('audit verify')).out).toMatch(whole);
    const made = { time: 'x\nforged', model: 'x', position: '', told: { of: 'event', body: {} } } as const;
    const forged = chained(made, { length: 7000, hash: 'f'.repeat(64) }).value;
    await log.publish([
      { topic: topics.audit, key: 'test', value: Buffer.from('hello\u001b[2J\nforged'), headers: {} },
      encodeAuditRecord(forged, 7000, 'test', topics),
    ]);
    const { code, out } = await ask('audit verify');
    const lines = out.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(lines[0]).toMatch(whole);
    expect(lines.slice(1)).toEqual([
      'no record is signed',
      expect.stringMatching(/^skipped test\.audit\/\d\/\d+: it is not an audit record$/),
      expect.stringMatching(/^skipped test\.audit\/\d\/\d+: it says that it is number 7000/),
    ]);
    const file = join(folder, 'chain.jsonl');
    const exported = await ask('audit export');
    expect(exported.err).toBe('skipped 2 records that do not belong to the chain\n');
    writeFileSync(file, exported.out);
    expect(await ask(`audit verify ${file}`)).toMatchObject({ code: 0, out: `${lines[0]}\n${lines[1]}\n` });
    writeFileSync(file, exported.out.split('\n').toSpliced(2, 1).join('\n'));
    expect((await ask(`audit verify ${file}`)).code).toBe(1);
  });

  it('says that a list is not whole, and sends nothing of it', async () => {
    const { log, topics } = processing;
    const cut = delegating(log, { read: (reading) => log.read(reading).pipe(take(1)) });
    const options = { topics, modelName: 'test', status: async () => ({}), accepting: () => true };
    const gateway = createGateway({
      ...options,
      log: cut,
      bodyBytes: 1e6,
      inFlightBytes: 1e7,
      waiting: 1,
      followers: 9,
      backlogs: 9,
      waitSeconds: 5,
      waiters: 10,
    });
    const broken = await listen(gateway, { host: '127.0.0.1', port: 0 });
    const before = (await ask('dead-letters list')).out.split('\n').length;
    expect(before).toBeGreaterThan(2);
    const read = (argv: string) => lethe(argv, { variables: { LETHE_URL: broken.url } });
    for (const argv of [
      'dead-letters list',
      'dead-letters replay --reason wrong-dimension',
      'audit verify',
      'audit export',
    ])
      expect(await read(argv)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/can't read the topic .* to its end/),
      });
    expect((await ask('dead-letters list')).out.split('\n')).toHaveLength(before);
    await broken.close();
  });

  it('status shows what the gateway tells', async () => {
    expect((await ask('status')).out).toBe('name: test\nclasses: []\n');
    expect(JSON.parse((await ask('status --json')).out)).toEqual({ name: 'test', classes: [] });
  });
});
