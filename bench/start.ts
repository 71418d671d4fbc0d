/**
 * What a start costs: `lethe --version` beside a bare commander program, and `lethe run` until it is ready. With the folder of
 * another build (an older checkout that is built), that one beside it. They take turns, so that both see the same machine.
 * `npm run bench:start -- [folder of another checkout]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Figure, report } from './support/report.js';

const ROUNDS = 7;
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lethe-bench-start-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const bare = join(folder, 'bare.mjs');
writeFileSync(
  bare,
  `import { Command } from ${JSON.stringify(join(ROOT, 'node_modules/commander/esm.mjs'))};
await new Command('bare').version('1').parseAsync(process.argv.slice(2), { from: 'user' });`,
);
const programOf = (checkout: string): string => join(resolve(checkout), 'dist/cli/main.js');

/** Milliseconds until it has ended. */
async function ends(script: string, ...args: string[]): Promise<number> {
  const began = performance.now();
  const [code] = await once(spawn(process.execPath, [script, ...args], { stdio: 'ignore' }), 'close');
  if (code !== 0) throw new Error(`${script} ${args.join(' ')} ended with ${code}`);
  return performance.now() - began;
}

/** Milliseconds until `lethe run`, in one process, says that it listens. */
async function listens(script: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [script, 'run', '--port', '0', '--json'], {
    env: {
      ...process.env,
      LETHE_DISK__FOLDER: mkdtempSync(join(folder, 'disk-')),
      LETHE_MODEL__CHECKPOINTS: mkdtempSync(join(folder, 'models-')),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  const line = once(createInterface({ input: child.stdout }), 'line');
  if (!(await Promise.race([line, ended.then(() => null)])))
    throw new Error(`${script} run ended at its start`);
  const ms = performance.now() - began;
  child.kill('SIGKILL');
  await ended;
  return ms;
}

/** Medians of measurements that take turns. */
async function medians(
  measures: Readonly<Record<string, () => Promise<number>>>,
): Promise<Map<string, number>> {
  const taken = Object.entries(measures).map(([what, measure]) => ({ what, measure, ms: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) for (const { measure, ms } of taken) ms.push(await measure());
  return new Map(
    taken.map(({ what, ms }) => [what, ms.sort((a, b) => a - b)[(ROUNDS - 1) / 2] ?? Number.NaN]),
  );
}

const [other] = process.argv.slice(2);
const here = programOf(ROOT);
const found = await medians({
  'a bare commander program': () => ends(bare, '--version'),
  'lethe --version': () => ends(here, '--version'),
  'lethe run': () => listens(here),
  ...(other !== undefined && {
    'lethe --version, the other': () => ends(programOf(other), '--version'),
    'lethe run, the other': () => listens(programOf(other)),
  }),
});
const ratio = (what: string, to: string): number =>
  (found.get(what) ?? Number.NaN) / (found.get(to) ?? Number.NaN);
const figures: Figure[] = [
  ...[...found].map(([what, value]) => ({ what, value, unit: 'ms' })),
  {
    what: 'lethe --version / bare',
    value: ratio('lethe --version', 'a bare commander program'),
    unit: 'x',
    aim: '<= 2',
  },
];
if (other !== undefined)
  figures.push({
    what: 'lethe run / the other',
    value: ratio('lethe run', 'lethe run, the other'),
    unit: 'x',
    aim: '<= 0.7',
  });
report('start', figures);
