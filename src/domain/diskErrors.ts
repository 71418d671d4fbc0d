import { LetheError } from './errors.js';

/**
 * Why a file could not be read or written although the file is correct. These errors pass, or somebody fixes their
 * cause.
 */
const CAUSES: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'no space is left on the disk'],
  ['EDQUOT', 'the quota of the disk is used up'],
  ['EFBIG', 'the file would be larger than the process may write'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'the disk failed'],
  ['EACCES', 'this process lacks the permission'],
  ['EPERM', 'this process lacks the permission'],
  ['ENOTDIR', 'a file is in the place of a folder'],
  ['EEXIST', 'a file is in the place of a folder'],
  ['EMFILE', 'too many files are open'],
  ['ENFILE', 'too many files are open'],
  ['ESTALE', 'the network file system is not available'],
]);

/** The error as `disk-full`, with the path and a remedy, where it is the disk's: retriable. Others are `undefined`. */
export function diskError(thrown: unknown): LetheError | undefined {
  if (!(thrown instanceof Error) || !('code' in thrown) || !('syscall' in thrown)) return undefined;
  const why = typeof thrown.code === 'string' ? CAUSES.get(thrown.code) : undefined;
  if (why === undefined) return undefined;
  const path = 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : undefined;
  return new LetheError('disk-full', `${why}: ${thrown.message}`, {
    field: 'model.checkpoints',
    value: path,
    remedy: 'Free space there, or make it writable. Lethe tries again until it succeeds.',
    retriable: true,
    cause: thrown,
  });
}
