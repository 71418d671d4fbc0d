import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { lethe } from '../support/lethe.js';
import { type LetheProcess, startLetheProcess } from '../support/letheProcess.js';
import { around } from '../support/processing.js';

const DIMENSION = 64;
const AXES = { cat: 0, dog: 20, frog: 40 };

const started: LetheProcess['child'][] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** Inputs of each class as JSON lines, and one without a label where that is wanted. */
function linesIn(folder: string, name: string, from: number, count: number, unlabelled = false): string {
  const lines = Object.entries(AXES).flatMap(([label, axis]) =>
    Array.from({ length: count }, (_, i) => ({ label, vector: [...around(axis, from + i, DIMENSION)] })),
  );
  const all = unlabelled ? [...lines, { vector: [...around(0, 0, DIMENSION)] }] : lines;
  const path = join(folder, name);
  writeFileSync(path, all.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

it('lethe evaluate says how good answers are, of learned and of forgotten classes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-evaluate-'));
  const variables = {
    LETHE_EMBEDDER__KIND: 'vectors',
    LETHE_EMBEDDER__DIMENSION: String(DIMENSION),
    LETHE_LEARNING__LEARNER: 'analytic',
  };
  const { url } = await startLetheProcess(['--memory'], variables, (child) => started.push(child));
  const run = (...args: string[]) => lethe([...args, '--url', url], variables);
  expect((await run('learn', linesIn(folder, 'train.jsonl', 0, 12), '--task', 't1')).code).toBe(0);
  expect((await run('unlearn', 'dog')).code).toBe(0);

  const test = linesIn(folder, 'test.jsonl', 20, 5, true);
  const page = join(folder, 'report.html');
  const { code, stdout, stderr } = await run('evaluate', test, '--json', '--html', page);
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'skipped without a label: 1\n' });
  expect(JSON.parse(stdout)).toMatchObject({
    inputs: 15,
    skipped: 1,
    failed: 0,
    remaining: { part: 10, of: 10 },
    unlearned: { part: 0, of: 5 },
    classes: [
      { name: 'cat', state: 'learned', recall: { part: 5, of: 5 } },
      { name: 'dog', state: expect.stringMatching(/^(unlearned|rebuilt)$/), recall: { part: 0, of: 5 } },
      { name: 'frog', state: 'learned', recall: { part: 5, of: 5 } },
    ],
  });
  const html = readFileSync(page, 'utf8');
  expect(html).toContain('A_r 100.0 % of 10 inputs of learned classes');
  expect(html).toContain('<th scope="row">dog</th>');

  const asText = await run('evaluate', test);
  expect(asText.stdout).toMatch(/^cat +learned +5 +100\.0 %/m);

  const unwritten = await run('evaluate', test, '--html', join(folder, 'none', 'report.html'));
  expect(unwritten.code).toBe(1);
  expect(unwritten.stderr).toContain('Give --html a file that may be written');

  // What can't be asked is named, the rest is evaluated, and the exit code says that it is not all.
  writeFileSync(test, `${readFileSync(test, 'utf8')}{"label": "cat", "vector": [1, 2]}\n`);
  const refused = await run('evaluate', test, '--json');
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.stdout)).toMatchObject({ inputs: 15, failed: 1 });
});

it('lethe evaluate refuses inputs of which none has a label', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-evaluate-'));
  const variables = { LETHE_EMBEDDER__KIND: 'vectors', LETHE_EMBEDDER__DIMENSION: '3' };
  const { url } = await startLetheProcess(['--memory'], variables, (child) => started.push(child));
  const path = join(folder, 'none.jsonl');
  writeFileSync(path, '');
  const { code, stderr } = await lethe(['evaluate', path, '--url', url], variables);
  expect(code).toBe(1);
  expect(stderr).toMatch(/no input in .* has a label/);
});
