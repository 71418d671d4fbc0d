import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SsreState } from '../../../../src/model/ssre/network.js';
import { loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import type { TrainingNotice, TrainingTask } from '../../../../src/model/trainer.js';
import { trainResumably } from '../../../../src/model/training/trainResumably.js';
import { clusters, DIMENSION, smallConfig } from '../ssre/support.js';

const loaded = await loadTensorflow('cpu');
const first = clusters([0, 1], 40);
const second = clusters([2], 40);
const all = [1, 2, 3, 4, 5, 6];

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lethe-resumably-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Base {
  readonly sha256: string;
  readonly state: SsreState;
}
type Trained = Awaited<ReturnType<typeof trainResumably>> & {
  readonly epochs: number[];
  readonly notices: TrainingNotice[];
};

async function trained(
  task: TrainingTask,
  {
    base = null,
    checkpoints = folder,
    stopAfter,
  }: { base?: Base | null; checkpoints?: string; stopAfter?: number } = {},
): Promise<Trained> {
  const epochs: number[] = [];
  const notices: TrainingNotice[] = [];
  const result = await trainResumably(
    loaded,
    checkpoints,
    { ...task, dimension: DIMENSION, config: smallConfig(), base },
    async () => base?.state ?? null,
    {
      onEpoch: ({ epoch }) => {
        epochs.push(epoch);
        if (epoch === stopAfter) throw new Error('killed');
      },
      onNotice: (notice) => notices.push(notice),
    },
  );
  return { ...result, epochs, notices };
}

const killed = (task: TrainingTask, base: Base | null = null): Promise<void> =>
  expect(trained(task, { base, stopAfter: 1 })).rejects.toThrow('killed');

describe('a training that broke off', () => {
  it('goes on and makes the same checkpoint; nothing of its progress stays', async () => {
    const { stored } = await trained(first, { checkpoints: join(folder, 'undisturbed') });
    await killed(first);
    const resumed = await trained(first);
    expect(resumed.epochs).toEqual([2, 3, 4, 5, 6]);
    expect(resumed.notices).toEqual([{ kind: 'resumed', epoch: 1 }]);
    expect(resumed.stored.sha256).toBe(stored.sha256);
    expect((await readdir(folder)).sort()).toEqual(['.done', 'undisturbed', stored.version]);
  });

  it('starts from the beginning where what was saved is damaged, and says so', async () => {
    await killed(first);
    const [name] = await readdir(join(folder, '.progress'));
    const path = join(folder, '.progress', String(name));
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 5) ^ 1, bytes.length - 5);
    await writeFile(path, bytes);
    const { epochs, notices } = await trained(first);
    expect(epochs).toEqual(all);
    expect(notices).toEqual([{ kind: 'restarted', reason: expect.stringMatching(/hash/) }]);
  });

  it('starts from the beginning where a class was unlearned meanwhile, and clears what was saved', async () => {
    const one = await trained(first);
    const base = { sha256: one.stored.sha256, state: one.checkpoint.state };
    await killed(second, base);
    const { epochs, notices } = await trained({ ...second, unlearned: ['1'] }, { base });
    expect([epochs, notices]).toEqual([all, []]);
    expect(await readdir(folder)).not.toContain('.progress');
  });
});

describe('a training whose progress cannot be saved', () => {
  it('is done nevertheless, and says so once', async () => {
    await writeFile(join(folder, '.progress'), 'a file in the way');
    const { epochs, notices } = await trained(first);
    expect(epochs).toEqual(all);
    expect(notices.filter(({ kind }) => kind === 'unsaved')).toHaveLength(1);
  });

  it('is done nevertheless where its end cannot be remembered', async () => {
    await writeFile(join(folder, '.done'), 'a file in the way');
    const { epochs, notices } = await trained(first);
    expect(epochs).toEqual(all);
    expect(notices).toMatchObject([{ kind: 'unsaved' }]);
  });
});

describe('a training that was done before', () => {
  it('is found, and trains nothing', async () => {
    const { stored, checkpoint } = await trained(first);
    expect(await trained(first)).toEqual({
      stored,
      checkpoint,
      epochs: [],
      notices: [{ kind: 'found', version: stored.version }],
    });
  });

  it('is done again where its checkpoint is damaged or gone', async () => {
    const { stored } = await trained(first);
    await writeFile(join(stored.folder, 'weights.bin'), 'damaged');
    expect(await trained(first)).toMatchObject({ stored, epochs: all });
    await rm(stored.folder, { recursive: true });
    expect(await trained(first)).toMatchObject({ stored, epochs: all });
    expect((await trained(first)).epochs).toEqual([]);
  });

  it('is done again where its record is damaged or leads elsewhere', async () => {
    const { version, sha256 } = (await trained(first)).stored;
    const [name] = await readdir(join(folder, '.done'));
    for (const text of ['{', JSON.stringify({ version: `../${version}`, sha256 })]) {
      await mkdir(join(folder, '.done'), { recursive: true });
      await writeFile(join(folder, '.done', String(name)), text);
      expect((await trained(first)).epochs).toEqual(all);
    }
  });
});
