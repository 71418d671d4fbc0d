/**
 * Builds lethe-client: what it uses of Lethe and of libraries is bundled, so that nothing is installed beside it. Only what Kafka
 * needs stays apart.
 */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import manifest from '../package.json' with { type: 'json' };
import { declarations } from './declarations.js';
import { licencesOf } from './licences.js';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const ENTRIES = ['index', 'http', 'kafka'];
/** Bundled CommonJS modules ask for modules of Node by `require`. Under a name that no module has. */
const REQUIRE =
  "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);";

const dist = join(FOLDER, 'dist');
await rm(dist, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: FOLDER,
  entryPoints: ENTRIES.map((name) => `src/${name}.ts`),
  outdir: dist,
  bundle: true,
  // One `LetheError` for all entries; what only Kafka needs is loaded when it is used.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: Object.keys(manifest.peerDependencies),
  banner: { js: REQUIRE },
  metafile: true,
  logLevel: 'warning',
});
await writeFile(join(dist, 'LICENSES.txt'), await licencesOf(FOLDER, Object.keys(metafile.inputs)));
for (const [file, text] of declarations(join(FOLDER, 'src'), ENTRIES))
  await writeFile(join(dist, file), text);
