import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTensorflow } from '../../src/model/tensorflow/loadTensorflow.js';
import { lethe, type Ran } from '../support/lethe.js';
import { type LetheProcess, startLetheProcess, type Variables } from '../support/letheProcess.js';
import { OTHER_NODES, provisionNode } from '../support/otherNodes.js';

describe.each(OTHER_NODES)('on Node $version', (node) => {
  const folder = mkdtempSync(join(tmpdir(), 'lethe-other-node-'));
  const images = join(folder, 'images');
  const variables: Variables = {
    LETHE_MODEL__CHECKPOINTS: join(folder, 'models'),
    // Which trains with TensorFlow.
    LETHE_LEARNING__LEARNER: 'ssre',
    LETHE_LEARNING__SSRE__INITIAL__EPOCHS: '40',
  };
  let program: string;
  let worker: LetheProcess | undefined;

  beforeAll(async () => {
    program = await provisionNode(node);
    worker = await startLetheProcess([], variables, () => undefined, program);
  });
  afterAll(() => void worker?.child.kill('SIGKILL'));

  const local = (...args: string[]): Promise<Ran> => lethe(args, variables, program);
  const run = (...args: string[]): Promise<Ran> => local(...args, '--url', worker?.url ?? '');
  const ask = async (name: string): Promise<string> => (await run('ask', join(images, 'test', name))).stdout;

  it('learns, answers and forgets', async () => {
    expect(
      await local(
        'dataset',
        'unpack',
        images,
        '--train',
        '10',
        '--test',
        '1',
        '--classes',
        'airplane',
        'dog',
        'frog',
      ),
    ).toMatchObject({ code: 0, stderr: '' });
    const learned = await run('learn', join(images, 'train'), '--task', 'animals');
    expect(learned).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('airplane, dog, frog learned'),
    });
    expect(await ask('dog')).toMatch(/ dog .*\(model\)/);
    expect(await run('unlearn', 'dog')).toMatchObject({ code: 0, stderr: '' });
    expect(await ask('dog')).not.toMatch(/ dog /);
    expect(await run('erase', 'dog')).toMatchObject({ code: 0 });
    expect((await run('erase', 'dog', '--check')).stdout).toMatch(/^dog: erased, as /);
  });

  it('trains with what this Node trains with, and says so', async () => {
    const { backend } = await loadTensorflow();
    expect(worker?.lines).toContainEqual(
      expect.objectContaining({
        msg: expect.stringMatching(/^trains with /),
        backend,
        node: node.version,
      }),
    );
  });

  it('ends when it is told to, and nothing but Lethe has written to its log', async () => {
    worker?.child.kill('SIGTERM');
    expect(await worker?.ended).toBe(0);
    // A line that is no JSON stands in `msg` as it is.
    const foreign = worker?.lines.filter(({ level, msg }) => level === undefined && !msg?.startsWith('{'));
    expect(foreign).toEqual([]);
  });
});
