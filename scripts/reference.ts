/** Writes the generated pages of reference, docs/errors.md and docs/settings.md: `npm run docs:reference`. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { REFERENCE_PAGES } from './reference/pages.js';

for (const { file, text } of REFERENCE_PAGES) {
  await writeFile(file, text());
  console.log(fileURLToPath(file));
}
