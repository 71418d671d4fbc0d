import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lethe } from '../support/lethe.js';
import { type LetheProcess, startLetheProcess, type Variables } from '../support/letheProcess.js';
import { tinyTextEmbedder } from '../support/tinyTextModel.js';

const PETS = ['cat', 'dog', 'paw', 'fur'];
const SKY = ['sun', 'rain', 'cloud', 'wind'];
const TEXTS = 12;

const labelledSchema = z.object({ label: z.string() });

const children: ChildProcess[] = [];
let variables: Variables;
let worker: LetheProcess;
let folder: string;

async function put(path: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  return file;
}

/** A text of these words, each time another one. */
const textOf = (words: readonly string[], number: number): string =>
  Array.from({ length: 5 }, (_, at) => words[(number + at * (1 + (number % 3))) % words.length]).join(' ');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-texts-'));
  variables = {
    ...(await tinyTextEmbedder([...PETS, ...SKY])),
    LETHE_MODEL__CHECKPOINTS: await mkdtemp(join(tmpdir(), 'lethe-text-checkpoints-')),
    LETHE_DISK__FOLDER: await mkdtemp(join(tmpdir(), 'lethe-text-disk-')),
    LETHE_LIMITS__TEXT_BYTES: '200',
    LETHE_LEARNING__LEARNER: 'analytic',
  };
  worker = await startLetheProcess([], variables, (child) => children.push(child));
  for (let number = 0; number < TEXTS; number++) {
    await put(`train/pets/${number}.txt`, textOf(PETS, number));
    await put(`train/sky/${number}.txt`, textOf(SKY, number));
  }
}, 120_000);
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

const run = (...args: string[]) => lethe([...args, '--url', worker.url], variables);

describe('a Lethe whose embedder takes texts', () => {
  it('learns folders of texts, names what it can not send, and answers texts', async () => {
    await put(
      'train/pets/photo.txt',
      await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    await put('train/sky/latin1.txt', Buffer.from('s\u00fcn', 'latin1'));
    await put('train/sky/long.txt', 'sun '.repeat(60));
    const learned = await run('learn', join(folder, 'train'), '--task', 'words');
    expect(learned.stdout).toContain(`pets, sky learned from ${2 * TEXTS} samples`);
    expect(learned.stderr).toMatch(/photo\.txt: it is image\/png, and this Lethe accepts texts/);
    expect(learned.stderr).toMatch(/latin1\.txt: the text is not UTF-8/);
    expect(learned.stderr).toMatch(/long\.txt: the file has 240 bytes/);

    const question = await put('question.txt', 'Wind and rain, rain, cloud');
    expect((await run('ask', question)).stdout).toMatch(/question\.txt {2}sky/);
    expect((await run('produce', 'queries', question)).stdout).toMatch(/question\.txt#\w+ {2}sky/);
    const lines = await put('lines.jsonl', '{"text": "a cat with fur"}\n{"path": "question.txt"}\n');
    const asked = await run('ask', lines, '--json');
    const labels = asked.stdout
      .trim()
      .split('\n')
      .map((line) => labelledSchema.parse(JSON.parse(line)).label);
    expect(labels).toEqual(['pets', 'sky']);
  });

  it('answers text/plain over HTTP, single and in batches, and refuses images with the reason', async () => {
    const post = (contentType: string, body: string | Uint8Array) =>
      fetch(`${worker.url}/v1/queries?wait=20s`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body,
      });
    const answered = await post('text/plain; charset=utf-8', 'the fur of the dog');
    expect([answered.status, await answered.json()]).toMatchObject([200, { label: 'pets' }]);
    const batch = [{ id: 'b1', datacontenttype: 'text/plain', data: 'sun, wind' }];
    const together = await post('application/cloudevents-batch+json', JSON.stringify(batch));
    expect(await together.json()).toMatchObject({ results: [{ prediction: { label: 'sky' } }] });
    const refusals = [
      [
        await post('image/png', Buffer.from('x')),
        'unsupported-format',
        /accepts texts and vectors, no images/,
      ],
      [await post('text/plain', Buffer.from([0xff])), 'invalid-text', /not UTF-8/],
      [await post('text/plain', 'x'.repeat(201)), 'text-too-large', /201 bytes/],
    ] as const;
    for (const [response, code, message] of refusals) {
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(await response.json()).toMatchObject({
        error: { code, message: expect.stringMatching(message) },
      });
    }
  });

  it('says in its status what it takes, and unlearns by examples', async () => {
    expect(await worker.client.status()).toMatchObject({
      embedder: 'tiny-words',
      takes: 'texts',
      dimension: 12,
    });
    const examples = await put('examples.txt', 'rain and wind, sun');
    expect((await run('unlearn', '--examples', examples)).stdout).toContain('unlearned sky');
    expect((await run('ask', join(folder, 'question.txt'))).stdout).toMatch(/ {2}pets/);
  });
});

describe('a Lethe whose embedder takes images', () => {
  it('refuses texts with the reason, and the CLI does not send them', async () => {
    const images = await startLetheProcess(['--memory'], { LETHE_EMBEDDER__SIZE: '96' }, (child) =>
      children.push(child),
    );
    const response = await fetch(`${images.url}/v1/queries`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body: 'a text',
    });
    expect(await response.json()).toMatchObject({
      error: { code: 'unsupported-format', message: expect.stringContaining('no texts') },
    });
    const asked = await lethe(['ask', join(folder, 'question.txt'), '--url', images.url], {});
    expect(asked.stderr).toContain('its content is not a known image format');
  });
});
