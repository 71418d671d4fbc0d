import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const bomSchema = z.object({
  bomFormat: z.literal('CycloneDX'),
  components: z.array(
    z.object({ name: z.string(), version: z.string(), licenses: z.array(z.unknown()).optional() }),
  ),
});
const packageSchema = z.object({ dependencies: z.record(z.string(), z.string()) });

it('`npm run sbom` lists every dependency with its version and licence', async () => {
  await promisify(execFile)('npm', ['run', '--silent', 'sbom'], { cwd: root });
  const { components } = bomSchema.parse(JSON.parse(await readFile(`${root}/.cache/sbom.cdx.json`, 'utf8')));
  const { dependencies } = packageSchema.parse(JSON.parse(await readFile(`${root}/package.json`, 'utf8')));
  const versions = new Map(components.map(({ name, version }) => [name, version]));
  for (const [name, version] of Object.entries(dependencies)) expect(versions.get(name), name).toBe(version);
  expect(components.filter(({ licenses }) => !licenses?.length).map(({ name }) => name)).toEqual([]);
});
