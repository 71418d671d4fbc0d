import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const FOLDERS = ['docs/', 'examples/', '.github/', 'packages/client/', 'packages/experiments/'];
const inFolders = await Promise.all(
  FOLDERS.map(async (folder) =>
    (await readdir(new URL(folder, ROOT), { recursive: true })).map((name) => `${folder}${name}`),
  ),
);
const pages = [...(await readdir(ROOT)), ...inFolders.flat()].filter((name) => name.endsWith('.md'));

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsIn(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What the links of a page lead to, except for other sites. */
function targetsIn(markdown: string): string[] {
  const prose = markdown.replaceAll(/^```.*?^```/gms, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

describe('links', () => {
  it.each(pages)('of %s lead to files and headings that exist', async (page) => {
    const text = await readFile(new URL(page, ROOT), 'utf8');
    for (const target of targetsIn(text)) {
      const url = new URL(target, new URL(page, ROOT));
      const anchor = decodeURIComponent(url.hash.slice(1));
      url.hash = '';
      expect(existsSync(url), `${page}: ${target}`).toBe(true);
      if (anchor && url.pathname.endsWith('.md'))
        expect(anchorsIn(await readFile(url, 'utf8')), `${page}: ${target}`).toContain(anchor);
    }
  });
});
