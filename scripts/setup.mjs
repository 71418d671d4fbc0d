#!/usr/bin/env node
/**
 * Makes a fresh clone ready: dependencies, native TensorFlow where it can be had, and the build.
 * Does only what is missing and says what it does. Needs nothing but Node and npm.
 * `LETHE_NATIVE=off` leaves native TensorFlow out (the portable WebAssembly backend is used then).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** What the build makes of each package, and what it makes that of. */
const OUTPUTS = [
  'dist/cli/main.js',
  'dist/console/page/main.js',
  'packages/client/dist/api.d.ts',
  'packages/experiments/dist/index.js',
];
const SOURCES = ['src', 'packages/client/src', 'packages/client/scripts', 'packages/experiments/src'];

function fail(message) {
  console.error(`setup: ${message}`);
  process.exit(1);
}

function run(what, command, args) {
  const started = performance.now();
  console.log(`setup: ${what} ...`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // The package brings its CPU binaries; without this some versions of npm fetch those for CUDA too.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) fail(`${what} failed (${command} ${args.join(' ')}); its output above says why`);
  console.log(`setup: ${what}: done in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

/** Newest modification among the files below `folder`. */
function newest(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => modified(join(folder, name)))
    .reduce((latest, time) => Math.max(latest, time), 0);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) fail(`Node ${process.versions.node} is not supported; use Node 20 or later`);

if (modified(join(root, 'node_modules/.package-lock.json')) < modified(join(root, 'package-lock.json'))) {
  run('installing the dependencies (npm ci)', 'npm', ['ci', '--loglevel=error']);
}
if (process.env.LETHE_NATIVE !== 'off') {
  run('looking for native TensorFlow', process.execPath, [
    join(root, 'scripts/provision-tensorflow.mjs'),
    '--if-possible',
  ]);
}
const built = Math.min(...OUTPUTS.map((path) => modified(join(root, path))));
const changed = Math.max(...SOURCES.map((path) => newest(join(root, path))));
if (built === 0 || built < Math.max(changed, modified(join(root, 'tsconfig.build.json')))) {
  run('building', 'npm', ['run', '--silent', 'build']);
}
