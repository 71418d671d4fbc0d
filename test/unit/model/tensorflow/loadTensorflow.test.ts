import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import util from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { computed } from '../../../../src/model/tensorflow/computed.js';
import { computesOnGpu, loadTensorflow } from '../../../../src/model/tensorflow/loadTensorflow.js';
import { nativeFolder } from '../../../../src/model/tensorflow/nativeFolder.js';
import { restoreRemovedUtil } from '../../../../src/model/tensorflow/removedUtil.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Loads TensorFlow in a fresh process and returns what it prints. */
function loadedIn(environment: Record<string, string>): Loaded {
  const program = `
    const { loadTensorflow } = await import('./src/model/tensorflow/loadTensorflow.ts');
    const { tf, backend, tried } = await loadTensorflow();
    tf.tensor1d([1]).square().dataSync();
    console.log(JSON.stringify({ backend, tried }));`;
  const flags = ['--import', 'tsx', '--input-type=module', '-e', program];
  const env = { ...process.env, ...environment };
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: root, env, encoding: 'utf8' });
  return { printed: stdout, warned: stderr, ...JSON.parse(stdout) };
}

interface Loaded {
  readonly printed: string;
  readonly warned: string;
  readonly backend: string;
  readonly tried: readonly { readonly backend: string; readonly reason: string }[];
}

describe('loading TensorFlow', () => {
  it('takes the first backend that works, says why not the others, and prints nothing', () => {
    const { printed, warned, backend, tried } = loadedIn({ LETHE_CACHE: '/nowhere' });
    expect(['tensorflow-gpu', 'tensorflow', 'wasm']).toContain(backend);
    expect(tried.every(({ reason }) => reason.length > 0)).toBe(true);
    expect(warned).toBe('');
    expect(printed.trim().split('\n')).toHaveLength(1);
  });

  it('does not run a package without its binding, as `npm ci --ignore-scripts` leaves it', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'lethe-tensorflow-'));
    onTestFinished(() => rm(cache, { recursive: true }));
    const folder = join(nativeFolder({ LETHE_CACHE: cache }), 'node_modules/@tensorflow/tfjs-node');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), '{ "name": "@tensorflow/tfjs-node", "main": "main.js" }');
    await writeFile(join(folder, 'main.js'), 'console.warn("it runs"); require("./lib/tfjs_binding.node");');
    const { warned, tried } = loadedIn({ LETHE_CACHE: cache });
    expect(warned).toBe('');
    expect(tried.find(({ backend }) => backend === 'tensorflow')?.reason).toContain('without its binding');
  });

  it.each(['wasm', 'cpu'] as const)('gives %s where it is asked for', async (backend) => {
    const loaded = await loadTensorflow(backend);
    expect(loaded).toMatchObject({ backend, tried: [] });
    expect(computesOnGpu(loaded.tf)).toBe(false);
    expect(await loadTensorflow(backend)).toBe(loaded);
  });

  it('frees what a computation made, and hands its arrays on', async () => {
    const { tf } = await loadTensorflow('cpu');
    const before = tf.memory().numTensors;
    expect([...computed(tf, () => tf.square(tf.tensor1d([2, 3])).dataSync())]).toEqual([4, 9]);
    expect(() =>
      computed(tf, () => {
        tf.tensor1d([1]);
        throw new Error('on the way');
      }),
    ).toThrow('on the way');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('provisioning TensorFlow', () => {
  it('puts it where the loader looks', () => {
    const script = `${root}scripts/provision-tensorflow.mjs`;
    for (const environment of [
      { LETHE_CACHE: '/some/cache' },
      { XDG_CACHE_HOME: '/xdg' },
      { HOME: '/home/of' },
    ]) {
      const env = { PATH: process.env.PATH ?? '', ...environment };
      const folder = execFileSync(process.execPath, [script, '--where'], { env, encoding: 'utf8' }).trim();
      if (!('HOME' in environment)) expect(folder).toBe(nativeFolder(env));
      else expect(folder).toContain('/home/of/.cache/lethe/tfjs-node-');
    }
  });

  it('puts back the same functions of node:util as the loader', async () => {
    const script = await readFile(`${root}scripts/provision-tensorflow.mjs`, 'utf8');
    const [, functions = ''] = /Object\.assign\(require\('node:util'\), (\{.*?\n\})\);/s.exec(script) ?? [];
    const answers = runInNewContext(`
      const restored = ${functions};
      const ask = (value) => Object.entries(restored).map(([name, is]) => [name, is(value)]);
      JSON.stringify([null, undefined, 0, '', [], {}].map(ask));`);
    restoreRemovedUtil();
    const { isArray, isNullOrUndefined } = util;
    const expected = [null, undefined, 0, '', [], {}].map((value) => [
      ['isArray', isArray(value)],
      ['isNullOrUndefined', isNullOrUndefined(value)],
    ]);
    expect(JSON.parse(String(answers))).toEqual(expected);
    expect(expected.map((each) => each.map(([, is]) => is))).toEqual([
      [false, true],
      [false, true],
      [false, false],
      [false, false],
      [true, false],
      [false, false],
    ]);
  });
});
