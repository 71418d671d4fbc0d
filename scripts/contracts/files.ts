import { stringify } from 'yaml';
import { openApiDocument } from '../../src/adapters/http/openApi.js';
import { letheVersion } from '../../src/app/version.js';
import { asyncApiDocument, schemas } from './asyncApi.js';

const HEAD =
  '# Written by `npm run docs:contracts` from the schemas in src/domain; a test keeps it up to date. Do not edit.\n';

/** The OpenAPI document, which lies at docs/openapi.json. */
export function openApiFile(): string {
  return `${JSON.stringify(openApiDocument(letheVersion()), null, 2)}\n`;
}

/** The published contracts: file names below docs/asyncapi, and what is in them. */
export function contractFiles(): ReadonlyMap<string, string> {
  const document = stringify(asyncApiDocument(letheVersion()), {
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
  return new Map([
    ['asyncapi.yaml', HEAD + document],
    ...schemas().map(([name, schema]): [string, string] => [
      `schemas/${name}.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  ]);
}
