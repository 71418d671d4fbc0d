import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { asyncApiDocument, schemas } from './asyncApi.js';

const packageSchema = z.object({ version: z.string() });
const HEAD =
  '# Written by `npm run docs:contracts` from the schemas in src/domain; a test keeps it up to date. Do not edit.\n';

/** The published contracts: file names below docs/asyncapi, and what is in them. */
export async function contractFiles(): Promise<ReadonlyMap<string, string>> {
  const manifest = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = packageSchema.parse(JSON.parse(manifest));
  const document = stringify(asyncApiDocument(version), { lineWidth: 0, aliasDuplicateObjects: false });
  return new Map([
    ['asyncapi.yaml', HEAD + document],
    ...schemas().map(([name, schema]): [string, string] => [
      `schemas/${name}.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  ]);
}
