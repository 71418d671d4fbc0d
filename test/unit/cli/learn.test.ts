import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EventLog } from '../../../src/adapters/eventLog.js';
import { createGateway } from '../../../src/adapters/http/gateway.js';
import { type HttpServer, listen } from '../../../src/adapters/http/server.js';
import { runCli } from '../../../src/cli/program.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { ROOMY } from '../../support/gatewayLimits.js';
import { MAGIC } from '../../support/inputFiles.js';
import { memoryLog, type Processing, startProcessing } from '../../support/processing.js';

/** Runs a command against the gateway at an address. */
async function lethe(url: string, ...argv: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const io = { stdin: Readable.from([]), stdout, stderr, variables: { LETHE_URL: url } };
  const code = await runCli(argv, io);
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

function serve({ log, topics }: Pick<Processing, 'log' | 'topics'>, status: () => Promise<unknown>) {
  const gateway = createGateway({
    log,
    topics,
    modelName: 'test',
    status,
    accepting: () => true,
    ...ROOMY,
  });
  return listen(gateway, { host: '127.0.0.1', port: 0 });
}

const png = (background: string): Promise<Buffer> =>
  sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();

describe('lethe learn, of inputs that are not all good', () => {
  let processing: Processing;
  let server: HttpServer;
  let folder: string;
  let task = 0;
  const put = (path: string, content: string | Uint8Array): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  const learn = (...argv: string[]) => lethe(server.url, 'learn', folder, '--task', `t${task}`, ...argv);
  const known = () => [...processing.store.registry.snapshot().classes.keys()];

  beforeAll(async () => {
    processing = startProcessing();
    server = await serve(processing, async () => ({ name: 'test', classes: [] }));
  });
  afterAll(async () => {
    await processing.stop();
    await server.close();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'lethe-learn-'));
    task++;
    for (const [name, colour] of [
      [`red${task}`, '#ff0000'],
      [`blue${task}`, '#0000ff'],
    ] as const)
      for (let i = 0; i < 6; i++) put(`${name}/${i}.png`, await png(`${colour.slice(0, 5)}${10 + i}`));
  });

  it('says per class what was stored, refused and never sent, with the file and why', async () => {
    const cut = (await png('#ff0055')).subarray(0, 40);
    put(`red${task}/cut.png`, cut);
    put(`red${task}/empty.png`, '');
    put(`blue${task}/moving.gif`, MAGIC.gif);
    symlinkSync(join(folder, 'gone'), join(folder, `blue${task}`, 'dangling.png'));
    put('notes.txt', 'notes');
    const { code, out } = await learn('--json');
    expect(code).toBe(0);
    const place = (path: string): string => join(folder, path);
    expect(JSON.parse(out)).toMatchObject({
      kind: 'task-finished',
      samples: 13,
      stored: 12,
      unaccounted: 0,
      skipped: [{ place: place('notes.txt') }],
      byClass: [
        {
          name: `blue${task}`,
          sent: 6,
          stored: 6,
          refused: [],
          skipped: [
            { place: place(`blue${task}/dangling.png`), code: 'invalid-message' },
            { place: place(`blue${task}/moving.gif`), code: 'unsupported-format' },
          ],
        },
        {
          name: `red${task}`,
          sent: 7,
          stored: 6,
          refused: [{ place: place(`red${task}/cut.png`), code: 'image-corrupt' }],
          skipped: [{ place: place(`red${task}/empty.png`), code: 'empty-payload' }],
        },
      ],
    });
  });

  it('says the same to people, and what is not sent before anything is announced', async () => {
    put(`red${task}/cut.png`, (await png('#ff0055')).subarray(0, 40));
    put(`red${task}/empty.png`, '');
    const { code, out, err } = await learn();
    expect(code).toBe(0);
    expect(out).toMatch(
      /learned from 12 samples in [\d.]+ s: model .*\nred\d: 7 sent, 6 stored, 1 refused, 1 not sent\n.*cut\.png: /,
    );
    expect(err).toMatch(
      /^not sent of red\d: 1\n .*empty\.png: the file is empty \(empty-payload\)\nsamples sent/,
    );
  });

  it('announces nothing where a class would get nothing, and says why', async () => {
    put('gifs/1.gif', MAGIC.gif);
    put('gifs/2.gif', MAGIC.gif);
    const { code, out, err } = await learn();
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(
      /^error unsupported-format: no sample of class gifs can be sent, .*1\.gif.*GIF.*2\.gif/,
    );
    expect(known().filter((name) => name.endsWith(String(task)))).toEqual([]);
  });

  it('fails, with the files, where all samples of a class are refused; no class stays half learned', async () => {
    put('broken/1.png', MAGIC.png);
    const { code, err } = await learn();
    expect(code).toBe(1);
    expect(err).toMatch(
      /broken: 1 sent, 0 stored, 1 refused.*\n.*broken\/1\.png: .*\nerror training-failed: no sample/,
    );
    expect(known().filter((name) => name.endsWith(String(task)) || name === 'broken')).toEqual([]);
  });

  it('announces nothing where a line is no input, and names all such lines', async () => {
    const file = join(folder, 'lines.jsonl');
    writeFileSync(file, '{"label": "a", "vector": [1]}\nhello\n{"label": "b", "path": "none.png"}\n');
    const { code, err } = await lethe(server.url, 'learn', file, '--task', `t${task}`);
    expect(code).toBe(1);
    expect(err).toMatch(/lines\.jsonl:2: it is not JSON; line .*lines\.jsonl:3: .*none\.png/);
    expect(known()).not.toContain('a');
  });

  it.each(['samples', 'queries'])(
    'produce %s names what it can not send, sends the rest, and fails',
    async (what) => {
      put(`red${task}/empty.png`, '');
      const file = join(folder, 'lines.jsonl');
      writeFileSync(
        file,
        `hello\n{"label": "a", "path": "red${task}/0.png"}\n{"label": "a", "vector": [1e300]}\n`,
      );
      const more = what === 'samples' ? ['--task', `p${task}`] : ['--no-wait'];
      for (const [input, sent, skipped] of [
        [folder, 12, ['lines.jsonl', 'empty.png']],
        [file, 1, ['lines.jsonl:1', 'lines.jsonl:3']],
      ] as const) {
        const { code, out, err } = await lethe(server.url, 'produce', what, input, ...more, '--json');
        expect(code).toBe(1);
        expect(JSON.parse(out)).toMatchObject({
          sent,
          skipped: skipped.map((name) => ({ place: expect.stringMatching(new RegExp(`${name}$`)) })),
        });
        expect(err).toContain("can't send 2 inputs");
      }
    },
  );

  it.each(['empty.png', 'moving.gif', 'none.png', '.'])(
    'unlearn does not go by fewer examples than were given: %s',
    async (name) => {
      put('empty.png', '');
      put('moving.gif', MAGIC.gif);
      const good = join(folder, `red${task}`, '0.png');
      const { code, err } = await lethe(server.url, 'unlearn', '--examples', good, join(folder, name));
      expect(code).toBe(1);
      expect(err).toMatch(/^error (invalid-message|empty-payload|unsupported-format): /);
    },
  );

  it('goes on where a file goes away after it was counted', async () => {
    const gone = join(folder, `red${task}`, '5.png');
    // The command is the first that is published.
    const publish: EventLog['publish'] = async (records) => {
      rmSync(gone, { force: true });
      await processing.log.publish(records);
    };
    const log = new Proxy(processing.log, {
      get(target, name) {
        if (name === 'publish') return publish;
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const watched = { log, topics: processing.topics };
    const door = await serve(watched, async () => ({}));
    const { code, out } = await lethe(door.url, 'learn', folder, '--task', `t${task}`, '--json');
    await door.close();
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      samples: 12,
      stored: 11,
      byClass: [
        { stored: 6 },
        { stored: 5, refused: [{ place: gone, message: expect.stringContaining('disappeared') }] },
      ],
    });
  });
});

describe('commands to a Lethe that is stuck', () => {
  it('give up after a silence and say what is missing; what was sent stands', async () => {
    const topics = topicsUnder('test.');
    // Nobody reads this log.
    const log = memoryLog();
    const lag = { [topics.commands]: 3 };
    const server = await serve({ log, topics }, async () => ({ classes: [], lag }));
    for (const argv of [
      ['unlearn', 'cat'],
      ['relearn', 'cat'],
      ['erase', 'cat', '--now'],
    ]) {
      const { code, err } = await lethe(server.url, ...argv, '--timeout', '0.4');
      expect(code).toBe(1);
      expect(err).toMatch(
        /error timed-out: .* 3 commands wait in test\.commands.* Lethe still carries out what was sent/,
      );
    }
    await server.close();
  });

  it('give up where the gateway takes requests and never answers', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
    for (const argv of [['status'], ['unlearn', 'cat'], ['audit', 'verify'], ['dead-letters', 'list']]) {
      const { code, err } = await lethe(url, ...argv, '--timeout', '0.3');
      expect([code, err]).toEqual([1, expect.stringContaining('error timed-out')]);
    }
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });
});
