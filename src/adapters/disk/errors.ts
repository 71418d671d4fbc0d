import { LetheError } from '../../domain/errors.js';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that are the disk's doing, and what they mean. */
const OF_THE_DISK: ReadonlyMap<number, string> = new Map([
  [3, 'this process lacks the permission'],
  [8, 'the file is read-only'],
  [10, 'the disk failed'],
  [13, 'no space is left on the disk'],
  [14, 'the file can not be opened'],
]);
const BUSY = 5;
/** Codes of a file that is damaged, or is none of SQLite. */
const DAMAGED: readonly number[] = [11, 26];

/** What SQLite said of the file: a `LetheError` where it is the disk's or the file's, else what was thrown. */
export function fileError(thrown: unknown, path: string): unknown {
  const code = codeOf(thrown);
  if (!(thrown instanceof Error) || code === undefined) return thrown;
  const why = OF_THE_DISK.get(code);
  if (why !== undefined)
    return new LetheError('disk-full', `${why}: ${thrown.message}`, {
      field: 'disk.folder',
      value: path,
      remedy: 'Free space there, or make it writable. Lethe tries again until it succeeds.',
      retriable: true,
      cause: thrown,
    });
  if (code === BUSY) return inUse(path, thrown);
  return DAMAGED.includes(code) ? damaged(path, thrown.message, thrown) : thrown;
}

/** Of a folder that another process works with. */
function inUse(path: string, cause: unknown): LetheError {
  return new LetheError('config-invalid', 'another process of Lethe works with this folder', {
    field: 'disk.folder',
    value: path,
    remedy:
      'Use the one that runs (`lethe status`), or stop it. For a second one, set disk.folder to another folder, or run it with --memory.',
    cause,
  });
}

/** Of a file that can't be read as what Lethe wrote. */
export function damaged(path: string, why: string, cause?: unknown): LetheError {
  return new LetheError('config-invalid', `the file is damaged, or none of Lethe's: ${why}`, {
    field: 'disk.folder',
    value: path,
    remedy: 'Restore the folder from a backup, or set disk.folder to another one.',
    cause,
  });
}

function codeOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('errcode' in thrown)) return undefined;
  // The lower byte of an extended code is the primary one.
  return typeof thrown.errcode === 'number' ? thrown.errcode & 0xff : undefined;
}
