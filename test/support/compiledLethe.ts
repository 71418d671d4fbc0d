import { mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** The `lethe` command, compiled from the sources as they are now. */
    readonly letheProgram: string;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What the packages have beside their code, and the code looks for there. */
const BESIDE = ['package.json', 'assets', 'config'];
const BESIDE_EXPERIMENTS = ['package.json', 'peers'];
const EXPERIMENTS = 'packages/experiments';

/**
 * Compiles the sources once for the run, in less than a second: tests start `lethe` some hundred times, and a process that compiles
 * each module by itself takes twice as long to start. It lies in the run's folder for temporary files, and goes with it.
 */
export async function setup(project: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-compiled-'));
  const lethe = join(folder, 'lethe');
  await compile(ROOT, lethe, BESIDE);
  // `npm run build:console` makes the page.
  await symlink(join(ROOT, 'dist/console/page'), join(lethe, 'dist/console/page'));
  await compile(join(ROOT, EXPERIMENTS), join(lethe, EXPERIMENTS), BESIDE_EXPERIMENTS);
  // Node finds the compiled packages first, and all others one folder further up.
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(lethe, 'node_modules'));
  await symlink(lethe, join(lethe, 'node_modules/lethe'));
  await symlink(join(lethe, EXPERIMENTS), join(lethe, 'node_modules/lethe-experiments'));
  project.provide('letheProgram', join(lethe, 'dist/cli/main.js'));
}

/** Compiles the package at `from` into the folder `to`. */
async function compile(from: string, to: string, beside: readonly string[]): Promise<void> {
  await build({
    absWorkingDir: join(from, 'src'),
    entryPoints: await sources(join(from, 'src')),
    outdir: join(to, 'dist'),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  await Promise.all(beside.map((name) => symlink(join(from, name), join(to, name))));
}

/** All modules but those of the page, which a browser runs. */
async function sources(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true });
  return files.filter((file) => file.endsWith('.ts') && !file.startsWith(join('console', 'page', sep)));
}
