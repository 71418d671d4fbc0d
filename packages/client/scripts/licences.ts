import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const manifestSchema = z.object({ name: z.string(), version: z.string(), license: z.string() });

/**
 * The licences of the libraries that are bundled.
 * @param inputs the files of the bundle, relative to `folder`
 * @throws Error for a library without a licence
 */
export async function licencesOf(folder: string, inputs: readonly string[]): Promise<string> {
  const libraries = inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []);
  const texts = [...new Set(libraries)].sort().map((library) => licenceOf(resolve(folder, library)));
  return ['lethe-client contains parts of these libraries.\n', ...(await Promise.all(texts))].join('\n');
}

async function licenceOf(library: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(library, 'package.json'), 'utf8'));
  const { name, version, license } = manifestSchema.parse(manifest);
  const file = (await readdir(library)).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
  if (file === undefined) throw new Error(`${name} ${version} (${license}) has no licence file`);
  const text = await readFile(join(library, file), 'utf8');
  return `==== ${name} ${version} (${license})\n\n${text.trim()}\n`;
}
