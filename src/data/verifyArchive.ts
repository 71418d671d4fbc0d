import { createReadStream } from 'node:fs';
import { LetheError } from '../domain/errors.js';

/** The archive that is expected. */
export interface ExpectedArchive {
  /** Its name and version, for people. */
  readonly subject: string;
  /** Subresource Integrity: `sha512-…` or `sha256-…`, with the hash in base64. */
  readonly integrity: string;
}

/**
 * Compares a downloaded file with its pinned hash.
 * @param onBytes told how many bytes were read so far
 * @throws LetheError `download-corrupt` if it is another file
 */
export async function verifyArchive(
  file: string,
  { subject, integrity }: ExpectedArchive,
  onBytes: (done: number) => void = () => undefined,
): Promise<void> {
  const { checkStream } = await import('ssri');
  let done = 0;
  const bytes = createReadStream(file, { highWaterMark: 1024 * 1024 });
  bytes.on('data', (part) => {
    done += part.length;
    onBytes(done);
  });
  try {
    await checkStream(bytes, integrity);
  } catch (cause) {
    throw new LetheError('download-corrupt', `the archive of ${subject} does not match its hash`, {
      field: 'integrity',
      value: integrity,
      remedy:
        'Try again. If the error stays, your registry serves a different file: use one that serves the original.',
      cause,
    });
  }
}
