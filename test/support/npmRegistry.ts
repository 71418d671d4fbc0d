import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';

/** A registry on this machine that has one package, which npm asks while it runs. */
export interface TinyRegistry {
  /** Integrity of the package's archive. */
  readonly integrity: string;
  close(): Promise<void>;
}

/** Serves `name`@1.0.0 with these files (path to content), and points npm to it by its environment variables. */
export async function serveNpmPackage(
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<TinyRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'lethe-registry-'));
  const manifest = { name, version: '1.0.0' };
  for (const [path, content] of Object.entries({ ...files, 'package.json': JSON.stringify(manifest) })) {
    await mkdir(dirname(join(folder, 'package', path)), { recursive: true });
    await writeFile(join(folder, 'package', path), content);
  }
  await create({ cwd: folder, file: join(folder, 'archive.tgz'), gzip: true }, ['package']);
  const archive = await readFile(join(folder, 'archive.tgz'));
  const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;

  const server = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return response.end(archive);
    if (request.url !== `/${name}`) return response.writeHead(404).end('{}');
    const { port } = server.address() as AddressInfo;
    const dist = { tarball: `http://127.0.0.1:${port}/archive.tgz`, integrity };
    return response.end(
      JSON.stringify({
        name,
        'dist-tags': { latest: '1.0.0' },
        versions: { '1.0.0': { ...manifest, dist } },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const settings = {
    npm_config_registry: `http://127.0.0.1:${port}/`,
    npm_config_cache: join(folder, 'cache'),
    npm_config_fetch_retries: '0',
  };
  const before = Object.keys(settings).map((key) => [key, process.env[key]] as const);
  Object.assign(process.env, settings);
  return {
    integrity,
    async close() {
      for (const [key, value] of before) {
        if (value === undefined) delete process.env[key];
        else process.env[key] = value;
      }
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
