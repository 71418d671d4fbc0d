/** Writes the AsyncAPI document and the JSON Schemas to docs/asyncapi, and docs/openapi.json: `npm run docs:contracts`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { contractFiles, openApiFile } from './contracts/files.js';

const folder = new URL('../docs/asyncapi/', import.meta.url);
const schemas = new URL('schemas/', folder);
await rm(schemas, { recursive: true, force: true });
await mkdir(schemas, { recursive: true });
const files = contractFiles();
for (const [name, text] of files) await writeFile(new URL(name, folder), text);
await writeFile(new URL('../openapi.json', folder), openApiFile());
console.log(`${files.size} files in ${fileURLToPath(folder)}`);
