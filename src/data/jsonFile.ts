import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { LetheError } from '../domain/errors.js';

/**
 * A JSON file of a data set.
 * @throws LetheError `download-corrupt` that names the file, if it cannot be read or does not match the schema
 */
export async function readJsonFile<S extends z.ZodType>(file: string, schema: S): Promise<z.infer<S>> {
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new LetheError('download-corrupt', `${file} does not have the expected content`, {
      field: 'data',
      value: file,
      remedy: 'Download or unpack the data set again.',
      cause,
    });
  }
}
