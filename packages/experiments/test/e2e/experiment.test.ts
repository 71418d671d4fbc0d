import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCli } from 'lethe/internal/cli/program.js';
import { PAPER_STRATEGIES, STRATEGY_NAMES } from 'lethe/internal/domain/messages/prediction.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-experiment-test-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `lethe experiment …` at CI scale: the images that come with Lethe, seen at 96 x 96 pixels. */
async function experiment(...argv: string[]) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const variables = { LETHE_CACHE: join(folder, 'cache') };
  const io = { stdin: Readable.from([]), stdout, stderr, variables };
  const code = await runCli(['experiment', ...argv], io);
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

const SMALL = ['--size', '96', '--samples', '60', '--epochs', '3'];

describe('lethe experiment table1', () => {
  const run = (seeds: string) =>
    experiment(
      'table1',
      '--dataset',
      'part',
      ...SMALL,
      '--requests',
      '3',
      '--seeds',
      seeds,
      '--out',
      join(folder, 'table1'),
    );

  it('measures every method, and goes on where it was broken off', async () => {
    const out = join(folder, 'table1');
    const first = await run('7');
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toContain('Lethe: masked');
    expect(first.out).toContain('(94.45 / 27.00)');
    const seed7 = join(out, 'seeds', 'seed-7.json');
    const before = await stat(seed7);

    // A run that was broken off in the midst of writing leaves a file of another name, or none.
    await writeFile(join(out, 'seeds', 'seed-8.json'), '{"settingsHash": "cut o');
    const second = await run('7,8');
    expect(second).toMatchObject({ code: 0 });
    expect(second.err).toContain(`seed 7: taken from ${seed7}`);
    expect(second.err).not.toContain('seed 8: taken');
    expect((await stat(seed7)).mtimeMs).toBe(before.mtimeMs);
    expect((await readdir(out)).sort()).toEqual([
      'seeds',
      'table1.csv',
      'table1.html',
      'table1.json',
      'table1.md',
    ]);

    const summary = JSON.parse(await readFile(join(out, 'table1.json'), 'utf8'));
    expect(summary.facts.seeds).toEqual([7, 8]);
    const method = (group: string, name: string) =>
      summary.methods.find(
        (each: { group: string; name: string }) => each.group === group && each.name === name,
      );
    for (const [step, unlearned] of method('lethe', 'masked').unlearned.entries())
      expect(unlearned?.mean ?? null).toBe(step === 0 ? null : 0);
    for (const name of ['CIL only', 'Retrain', 'Retrain jointly', 'Restore']) {
      const { remaining } = method('baseline', name);
      expect(remaining.at(-1).mean).toBeGreaterThan(0.4);
      expect(remaining.at(-1).sd).not.toBeNull();
    }
    expect(method('baseline', 'Retrain').divergence.at(-1).mean).toBe(0);
    // The analytic learner forgets exactly: as its own retrain, to the last bit.
    const analytic = method('baseline', 'Analytic');
    for (const figure of ['toRetrain', 'toJointly', 'divergence', 'unlearned']) {
      expect(analytic[figure].slice(1)).toEqual(Array(4).fill({ mean: 0, sd: 0 }));
    }
    expect(analytic.remaining.at(-1).mean).toBeGreaterThan(0.6);
    expect(summary.times.map(({ name }: { name: string }) => name)).toContain('Analytic, retrained');
    expect(summary.learning.map(({ name }: { name: string }) => name)).toEqual([
      'Lethe',
      'CIL only',
      'Analytic',
    ]);
    expect(method('paper', 'nearest').unlearned.at(-1).mean).toBeGreaterThan(0);
    expect(summary.speedUps.length).toBeGreaterThan(0);
    for (const { byName, byImages } of summary.speedUps) {
      expect(byName.mean).toBeGreaterThan(0);
      expect(byImages.mean).toBeGreaterThan(0);
    }
    expect(await readFile(join(out, 'table1.html'), 'utf8')).not.toMatch(/NaN|undefined|null/);
  });

  it('trains SSRE on the images themselves', async () => {
    const out = join(folder, 'table1-images');
    const few = ['--size', '96', '--samples', '20', '--epochs', '2', '--requests', '2', '--seeds', '7'];
    const images = ['--trunk', 'resnet20', '--dataset', 'part', '--out', out];
    expect(await experiment('table1', ...images, ...few)).toMatchObject({ code: 0 });
    const { facts, settings, methods } = JSON.parse(await readFile(join(out, 'table1.json'), 'utf8'));
    expect(facts.embedder).toContain('resnet20 on images');
    expect(settings.images).toMatchObject({ trunk: 'resnet20', initial: { epochs: 2 } });
    const lethe = methods.find(
      ({ group, name }: { group: string; name: string }) => group === 'lethe' && name === 'masked',
    );
    // By chance it would be a fifth.
    expect(lethe.remaining[0].mean).toBeGreaterThan(0.25);
    expect(lethe.unlearned.map((each: { mean: number } | null) => each?.mean ?? null)).toEqual([
      null,
      0,
      0,
      0,
      0,
    ]);
    expect((await experiment('table1', '--trunk', 'resnet50')).code).toBe(2);
  });

  it('says what is wrong with a folder of data or results, before anything is trained', async () => {
    const missing = await experiment('table1', '--data', join(folder, 'nowhere'), '--json');
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.err).error).toMatchObject({ code: 'download-corrupt', field: 'file' });

    const embedder = await experiment('table1', '--dataset', 'part', '--embedder', join(folder, 'no.yaml'));
    expect(embedder.code).toBe(78);
    expect(embedder.err).toContain('no.yaml');

    expect((await experiment('table1', '--seeds', '7,x')).code).toBe(2);
  });
});

describe('lethe experiment fig5', () => {
  it('times the workloads and draws them', async () => {
    const out = join(folder, 'fig5');
    const sizes = ['--initial', '5', '--requests', '2', '--learn-classes', '1', '--unlearn-classes', '1'];
    const run = () => experiment('fig5', '--data', 'part', ...SMALL, ...sizes, '--out', out);
    const first = await run();
    expect(first).toMatchObject({ code: 0 });
    const { workloads, speeds } = JSON.parse(await readFile(join(out, 'fig5.json'), 'utf8'));
    expect(workloads.map(({ workload }: { workload: string }) => workload)).toEqual(['cil', 'mu', 'mixed']);
    const mu = speeds.filter(({ workload }: { workload: string }) => workload === 'mu');
    expect(mu.length).toBeGreaterThan(0);
    for (const { speedUp, seconds, own } of mu) expect(speedUp).toBeCloseTo(seconds / own, 9);
    expect(speeds.map(({ system }: { system: string }) => system)).toContain('Analytic');
    for (const { requests } of workloads)
      for (const { analytic, analyticRetrain } of requests) {
        expect(analytic).toBeGreaterThan(0);
        expect(analyticRetrain).toBeGreaterThan(0);
      }
    expect(await readFile(join(out, 'fig5.svg'), 'utf8')).toContain('<svg');
    expect((await readFile(join(out, 'fig5.png'))).subarray(1, 4).toString()).toBe('PNG');

    expect((await run()).err).toContain('mixed: taken from');
  });

  it('refuses a folder without CIFAR-100, and one that was altered', async () => {
    const empty = await experiment('fig5', '--data', folder, '--json');
    expect(empty.code).toBe(1);
    expect(JSON.parse(empty.err).error).toMatchObject({
      code: 'invalid-message',
      field: 'data',
      value: folder,
    });
  });
});

describe('lethe experiment tsne and mistakes', () => {
  it('draws the embeddings', async () => {
    const out = join(folder, 'tsne');
    const { code } = await experiment(
      'tsne',
      '--dataset',
      'part',
      ...SMALL,
      '--per-class',
      '10',
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(['tsne.png', 'tsne.svg']);
  });

  it('counts and draws the mistakes of the filter', async () => {
    const out = join(folder, 'mistakes');
    const { code } = await experiment('mistakes', '--dataset', 'part', ...SMALL, '--out', out);
    expect(code).toBe(0);
    const {
      counts,
      facts,
    }: { counts: { setting: string; strategy: string; counts: Record<string, number> }[]; facts: object } =
      JSON.parse(await readFile(join(out, 'mistakes.json'), 'utf8'));
    expect(facts).toMatchObject({
      seed: 1993,
      dataset: expect.stringContaining('a seeded part of CIFAR-10'),
    });
    const shown = counts.map(({ setting, strategy }) => `${setting} ${strategy}`).sort();
    const wanted = [
      ...PAPER_STRATEGIES.map((name) => `paper ${name}`),
      ...STRATEGY_NAMES.map((name) => `lethe ${name}`),
    ];
    expect(shown).toEqual(wanted.sort());
    // 50 test images of each of five classes, each treated in one way.
    for (const each of counts)
      expect(Object.values(each.counts).reduce((sum, count) => sum + count, 0)).toBe(250);
    for (const each of counts.filter(({ setting }) => setting === 'lethe'))
      expect(each.counts.leaked).toBe(0);
  });
});
