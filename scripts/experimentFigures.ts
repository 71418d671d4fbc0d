/**
 * Puts the tables of the committed result files into docs/experiments.md, each between its marks; no figure there is
 * written by hand. `npm run docs:experiments`
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const DOCUMENT = new URL('../docs/experiments.md', import.meta.url);
/** `<!-- figures: <Markdown file beside the document> | <beginning of a table's caption> -->` up to the next end mark. */
export const FIGURES = /<!-- figures: (\S+) \| (.+?) -->\n[\s\S]*?<!-- end of figures -->/g;

/**
 * The document with every marked table as it is in its result file.
 * @param read the text of a file beside the document
 * @throws Error where a file has no such table
 */
export async function withFigures(
  document: string,
  read: (path: string) => Promise<string>,
): Promise<string> {
  let filled = document;
  for (const [block, path = '', caption = ''] of document.matchAll(FIGURES)) {
    const table = tableIn(await read(path), caption);
    if (!table) throw new Error(`${path} has no table whose caption begins with "${caption}"`);
    const marked = `<!-- figures: ${path} | ${caption} -->\n${table}\n<!-- end of figures -->`;
    filled = filled.replace(block, () => marked);
  }
  return filled;
}

/** A table with its caption, which is a bold line above it. */
function tableIn(markdown: string, caption: string): string | undefined {
  return markdown
    .split(/\n(?=\*\*)/)
    .find((part) => part.startsWith(`**${caption}`))
    ?.split('\n![')[0]
    ?.trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = await readFile(DOCUMENT, 'utf8');
  const filled = await withFigures(document, (path) => readFile(new URL(path, DOCUMENT), 'utf8'));
  await writeFile(DOCUMENT, filled);
}
