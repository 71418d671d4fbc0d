import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelVersion } from '../../src/domain/messages/model.js';
import { blobCheckpoints } from '../../src/model/checkpoint/blobCheckpoints.js';
import type { CheckpointStore } from '../../src/model/checkpoint/checkpointStore.js';
import { loadClassifier } from '../../src/model/loadClassifier.js';
import type { Trainer } from '../../src/model/trainer.js';
import { createTrainer } from '../../src/model/training/trainer.js';
import { clusters, DIMENSION, smallConfig } from '../unit/model/ssre/support.js';

describe('two machines with a checkpoint store between them', () => {
  let folder = '';
  const open: Trainer[] = [];
  const blobs = new Map<string, Uint8Array>();
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lethe-machines-'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((trainer) => trainer.close()));
    await rm(folder, { recursive: true });
  });

  /** A machine with a disk of its own. */
  function machine(name: string): { disk: string; store: CheckpointStore } {
    const disk = join(folder, name);
    const store = blobCheckpoints(
      {
        get: async (key) => blobs.get(key) ?? null,
        put: async (key, bytes) => void blobs.set(key, bytes),
        delete: async (keys) => {
          for (const key of keys) blobs.delete(key);
        },
        keys: async (prefix) => [...blobs.keys()].filter((key) => key.startsWith(prefix)),
      },
      { cache: disk, scheme: 'mem' },
    );
    return { disk, store };
  }

  async function train(
    { disk, store }: ReturnType<typeof machine>,
    axes: number[],
    from?: ModelVersion,
  ): Promise<ModelVersion> {
    const trainer = await createTrainer({
      checkpoints: disk,
      backend: 'wasm',
      ssre: smallConfig(),
      dimension: DIMENSION,
      resolve: ({ checkpoint, sha256 }) => store.fetch(checkpoint, sha256),
      ...(from ? { from } : {}),
    });
    open.push(trainer);
    const model = await trainer.train(clusters(axes, 40), () => {});
    const local = { version: model.version, folder: fileURLToPath(model.checkpoint), sha256: model.sha256 };
    return { ...model, checkpoint: await store.publish(local) };
  }

  it('lets one go on from what the other trained, and a third answer', async () => {
    const first = await train(machine('a'), [0, 1]);
    const second = await train(machine('b'), [2], first);
    expect(second.checkpoint).toBe(`mem:${second.version}`);
    const { store } = machine('c');
    expect(await store.list()).toEqual([first.checkpoint, second.checkpoint]);
    const local = await store.fetch(second.checkpoint, second.sha256);
    const classifier = await loadClassifier(
      { ...second, checkpoint: pathToFileURL(local).href },
      { backend: 'cpu' },
    );
    const logits = await classifier.logits(clusters([2], 1).vectors);
    expect(logits.indexOf(Math.max(...logits))).toBe(2);
    classifier.dispose();
  });
});
