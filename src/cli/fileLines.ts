import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { LetheError } from '../domain/errors.js';

/**
 * The lines of a file, without line ends.
 * @param remedy what to do if it cannot be read
 * @throws LetheError `invalid-message`
 */
export async function* linesOf(file: string, remedy: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  try {
    for await (const line of lines) yield line;
  } catch (cause) {
    throw new LetheError('invalid-message', `the file ${file} can't be read`, {
      field: 'file',
      value: file,
      remedy,
      cause,
    });
  }
}
