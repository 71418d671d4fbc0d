import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const readme = await readFile(new URL('README.md', ROOT), 'utf8');
const results =
  readme
    .match(/^## Results\n(.*?)^## /ms)?.[1]
    ?.split(/^- /m)
    .slice(1) ?? [];

describe('README.md', () => {
  it('has at most 900 words', () => {
    expect(readme.trim().split(/\s+/).length).toBeLessThanOrEqual(900);
  });

  it('has five results, each with figures of the page that it links to', async () => {
    expect(results).toHaveLength(5);
    for (const result of results) {
      const page = result.match(/\]\((docs\/[\w-]+\.md)/)?.[1] ?? '';
      const text = (await readFile(new URL(page, ROOT), 'utf8')).replaceAll(/\s+/g, ' ');
      const figures = result.replaceAll(/\(.*?\)/gs, '').match(/\d[\d,.]*\d|\d/g) ?? [];
      expect(figures.length, result).toBeGreaterThan(0);
      for (const figure of figures) expect(text, result).toContain(figure);
    }
  });
});
