import { mkdtemp, readdir, symlink } from 'node:fs/promises';
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
/** What the package has beside its code, and the code looks for there. */
const BESIDE = ['package.json', 'node_modules', 'assets', 'config'];

/**
 * Compiles the sources once for the run, in less than a second: tests start `lethe` some hundred times, and a process that compiles
 * each module by itself takes twice as long to start. It lies in the run's folder for temporary files, and goes with it.
 */
export async function setup(project: TestProject): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-compiled-'));
  const dist = join(folder, 'dist');
  await build({
    absWorkingDir: join(ROOT, 'src'),
    entryPoints: await sources(),
    outdir: dist,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  await Promise.all(BESIDE.map((name) => symlink(join(ROOT, name), join(folder, name))));
  // `npm run build:console` makes the page.
  await symlink(join(ROOT, 'dist/console/page'), join(dist, 'console/page'));
  project.provide('letheProgram', join(dist, 'cli/main.js'));
}

/** All modules but those of the page, which a browser runs. */
async function sources(): Promise<string[]> {
  const files = await readdir(join(ROOT, 'src'), { recursive: true });
  return files.filter((file) => file.endsWith('.ts') && !file.startsWith(join('console', 'page', sep)));
}
