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
  const listed = components.map(({ name, version }) => `${name} ${version}`);
  const wanted = Object.entries(dependencies).map(([name, version]) => `${name} ${version}`);
  expect(listed).toEqual(expect.arrayContaining(wanted));
  const shipped = components.filter(({ name }) => name in dependencies);
  expect(shipped.filter(({ licenses }) => !licenses?.length)).toEqual([]);
});
