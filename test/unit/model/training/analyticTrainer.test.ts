import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../../../src/domain/messages/model.js';
import { madeBy } from '../../../../src/model/checkpoint/checkpoint.js';
import { readCheckpoint } from '../../../../src/model/checkpoint/readCheckpoint.js';
import { loadClassifier } from '../../../../src/model/loadClassifier.js';
import type { Trainer, TrainingNotice, TrainingTask } from '../../../../src/model/trainer.js';
import { createTrainer } from '../../../../src/model/training/trainer.js';
import { config } from '../analytic/support.js';
import { clusters, DIMENSION, smallConfig } from '../ssre/support.js';

let folder = '';
const open: Trainer[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-analytic-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.close()));
  await rm(folder, { recursive: true });
});

async function trainer(
  name: string,
  from?: ModelVersion,
  onNotice: (notice: TrainingNotice) => void = () => {},
  settings = config({ projection: 40 }),
): Promise<Trainer> {
  const created = await createTrainer({
    checkpoints: join(folder, name),
    backend: 'cpu',
    analytic: settings,
    dimension: DIMENSION,
    onNotice,
    threads: 1,
    ...(from && { from }),
  });
  open.push(created);
  return created;
}

async function stateOf(model: ModelVersion) {
  return madeBy('analytic', await readCheckpoint(fileURLToPath(model.checkpoint), model.sha256)).state;
}

const ignore = (): void => {};
const none = { classes: [], vectors: new Float32Array(0), labels: new Int32Array(0) };
const [first, second, third] = [clusters([0, 1], 30), clusters([2], 30), clusters([3], 30)];
/** One class of the first task, with the vectors that it brought. */
function ofFirst(name: string) {
  const label = first.classes.indexOf(name);
  const rows = [...first.labels.keys()].filter((row) => first.labels[row] === label);
  return {
    classes: [name],
    vectors: Float32Array.from(
      rows.flatMap((row) => [...first.vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION)]),
    ),
    labels: new Int32Array(rows.length),
  };
}

describe('a trainer of the analytic learner', () => {
  it('learns tasks in another process, and what it made answers', async () => {
    const it = await trainer('one');
    const losses: number[] = [];
    await it.train(first, ({ loss }) => losses.push(loss));
    const model = await it.train(second, ({ loss }) => losses.push(loss));
    expect(losses).toHaveLength(2);
    expect(Math.max(...losses)).toBeLessThan(0.5);
    expect(model).toMatchObject({ classes: ['0', '1', '2'], backend: 'onnxruntime float64' });
    expect(model.version).toMatch(/^v0002-/);
    const classifier = await loadClassifier(model, { backend: 'cpu' });
    for (const [task, expected] of [
      [first, 0],
      [first, 1],
      [second, 2],
    ] as const) {
      const row = expected === 1 ? 1 : 0;
      const logits = await classifier.logits(task.vectors.subarray(row * DIMENSION, (row + 1) * DIMENSION));
      expect(logits.indexOf(Math.max(...logits))).toBe(expected);
    }
    await expect(classifier.logits(new Float32Array(DIMENSION + 1))).rejects.toMatchObject({
      code: 'wrong-dimension',
    });
    classifier.dispose();
  });

  it('forgets and takes back: each time it is the model that never knew, or always did', async () => {
    const it = await trainer('one');
    await it.train(first, ignore);
    const all = await it.train(second, ignore);
    const without = await it.revise?.({ forgotten: ofFirst('1'), returned: none });
    const back = await it.revise?.({ forgotten: none, returned: ofFirst('1') });
    const neverKnew = await trainer('never');
    await neverKnew.train({ ...ofFirst('0'), task: 'a', unlearned: [] }, ignore);
    const fresh = await neverKnew.train(second, ignore);

    expect(without?.classes).toEqual(['0', '2']);
    const [forgot, reference] = [await stateOf(without as ModelVersion), await stateOf(fresh)];
    expect(forgot.statistics).toEqual(reference.statistics);
    expect(forgot.weights).toEqual(reference.weights);
    expect(back?.classes).toEqual(['0', '2', '1']);
    expect((await stateOf(back as ModelVersion)).statistics.gram).toEqual(
      (await stateOf(all)).statistics.gram,
    );
  });

  it('can be made anew of other vectors than it was given before', async () => {
    const it = await trainer('one');
    await it.train(first, ignore);
    const model = await it.revise?.({ forgotten: none, returned: second, anew: true });
    expect(model).toMatchObject({ classes: ['2'] });
    expect(model?.version).toMatch(/^v0002-/);
  });

  it('refuses to forget with other vectors, and goes on', async () => {
    const it = await trainer('one');
    await it.train(first, ignore);
    const other = { ...ofFirst('1'), vectors: ofFirst('0').vectors };
    await expect(it.revise?.({ forgotten: other, returned: none })).rejects.toMatchObject({
      code: 'training-failed',
      field: 'forgotten.classes.0',
    });
    await expect(
      it.revise?.({ forgotten: { ...none, classes: ['1'] }, returned: none }),
    ).rejects.toMatchObject({
      code: 'training-failed',
    });
    expect((await it.train(second, ignore)).classes).toEqual(['0', '1', '2']);
  });

  it('can forget everything, and learn again', async () => {
    const it = await trainer('one');
    await it.train(second, ignore);
    const empty = await it.revise?.({ forgotten: second, returned: none });
    expect(empty?.classes).toEqual([]);
    const classifier = await loadClassifier(empty as ModelVersion, { backend: 'cpu' });
    expect(await classifier.logits(second.vectors)).toHaveLength(0);
    classifier.dispose();
    expect((await it.train(third, ignore)).classes).toEqual(['3']);
  });

  it('goes on from the checkpoint of another, and finds a step that was taken already', async () => {
    const one = await (await trainer('one')).train(first, ignore);
    const notices: TrainingNotice[] = [];
    const later = await trainer('one', one, (notice) => notices.push(notice));
    const two = await later.train(second, ignore);
    expect(two.classes).toEqual(['0', '1', '2']);
    const again = await trainer('one', one, (notice) => notices.push(notice));
    expect(await again.train(second, ignore)).toEqual(two);
    expect(notices).toEqual([{ kind: 'found', version: two.version }]);
  });

  it('has a checkpoint of one Gram matrix and two rows a class', async () => {
    const width = DIMENSION + 40;
    const model = await (await trainer('one')).train(first, ignore);
    const { size } = await stat(join(fileURLToPath(model.checkpoint), 'weights.bin'));
    expect(size).toBe(8 * ((width * (width + 1)) / 2 + 2 * 2 * width));
  });

  it('refuses to go on from a model of another learner, and says what to set', async () => {
    const ssre = await createTrainer({
      checkpoints: join(folder, 'ssre'),
      backend: 'cpu',
      ssre: smallConfig(),
      dimension: DIMENSION,
    });
    open.push(ssre);
    expect(ssre.revise).toBeUndefined();
    const model = await ssre.train(first, ignore);
    const refusal = {
      code: 'config-invalid',
      field: 'learning.learner',
      remedy: expect.stringContaining('ssre'),
    };
    await expect((await trainer('one', model)).train(second, ignore)).rejects.toMatchObject(refusal);
  });

  it.each([
    ['learning.analytic.projection', '0', config()],
    ['learning.analytic.projection', '41', config({ projection: 41 })],
    ['learning.analytic.projection', '1024', config({ projection: 'auto' })],
    ['learning.analytic.balance', 'false', config({ projection: 40, balance: false })],
    ['model.seed', '7', config({ projection: 40, seed: 7 })],
  ])('refuses to go on from a model of other features: %s %s', async (field, value, settings) => {
    const model = await (await trainer('one')).train(first, ignore);
    const later = await trainer('one', model, ignore, settings);
    await expect(later.train(second, ignore)).rejects.toMatchObject({ code: 'config-invalid', field, value });
  });

  it('takes a checkpoint that says nothing of balance for one whose classes were not balanced', async () => {
    const plain = config({ projection: 40, balance: false });
    const model = await (await trainer('one', undefined, ignore, plain)).train(first, ignore);
    const manifest = join(fileURLToPath(model.checkpoint), 'manifest.json');
    const { balance, ...settings } = JSON.parse(await readFile(manifest, 'utf8')).config;
    expect(balance).toBe(false);
    const { config: _, ...rest } = JSON.parse(await readFile(manifest, 'utf8'));
    await writeFile(manifest, JSON.stringify({ ...rest, config: settings }));
    const { config: read } = await readCheckpoint(fileURLToPath(model.checkpoint));
    expect(read).toEqual(plain);
  });

  it('goes on with another penalty, for which the head is solved anew', async () => {
    const model = await (await trainer('one')).train(first, ignore);
    const settings = config({ projection: 40, lambda: 1, temperature: 0.2 });
    const later = await (await trainer('one', model, ignore, settings)).train(second, ignore);
    const fresh = await trainer('fresh', undefined, ignore, settings);
    await fresh.train(first, ignore);
    expect((await stateOf(later)).weights).toEqual(
      (await stateOf(await fresh.train(second, ignore))).weights,
    );
  });

  it.each<[string, Partial<TrainingTask>, string]>([
    ['a known class', { classes: ['0'] }, 'class-known'],
    ['vectors of another dimension', { vectors: second.vectors.subarray(1) }, 'wrong-dimension'],
  ])('refuses %s', async (_, over, code) => {
    const it = await trainer('one');
    await it.train(first, ignore);
    await expect(it.train({ ...second, ...over }, ignore)).rejects.toMatchObject({ code });
  });

  it('has nothing to revise before the first task', async () => {
    const it = await trainer('one');
    await expect(it.revise?.({ forgotten: none, returned: second })).rejects.toMatchObject({
      code: 'no-model',
    });
  });
});
