import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { REFERENCE_PAGES } from '../../../scripts/reference/pages.js';
import { ACCESS_CODES, helpOf } from '../../../src/domain/errorCatalogue.js';
import { REASON_CODES } from '../../../src/domain/errors.js';

describe('the generated pages of reference', () => {
  it.each(REFERENCE_PAGES)(
    '$file.pathname is what `npm run docs:reference` writes',
    async ({ file, text }) => {
      expect(await readFile(file, 'utf8')).toBe(text());
    },
  );
});

describe('docs/errors.md', () => {
  it.each([...REASON_CODES, ...ACCESS_CODES])(
    'has the anchor that an error with %s refers to',
    async (code) => {
      const [page = '', anchor] = helpOf(code).split('#');
      const text = await readFile(new URL(`../../../${page}`, import.meta.url), 'utf8');
      expect(text.split('\n')).toContain(`## ${anchor}`);
    },
  );
});
