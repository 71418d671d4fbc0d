/**
 * Puts the tables of the committed result files into docs/experiments.md, each between its marks; no figure there is
 * written by hand. `npm run docs:experiments`
 */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

export const DOCUMENT = new URL('../../../docs/experiments.md', import.meta.url);
/**
 * `<!-- figures: <Markdown file beside the document> | <beginning of a table's caption> -->` up to the next end mark;
 * instead of a caption `lead`, which is what ran on what.
 */
export const FIGURES = /<!-- figures: (\S+) \| (.+?) -->\n[\s\S]*?<!-- end of figures -->/g;

/**
 * The document with every marked table as it is in its result file, or a note where there is no such file yet.
 * @param read the text of a file beside the document; null where there is none
 * @throws Error where a file has no such table
 */
export async function withFigures(
  document: string,
  read: (path: string) => Promise<string | null>,
): Promise<string> {
  let filled = document;
  for (const [block, path = '', caption = ''] of document.matchAll(FIGURES)) {
    const text = await read(path);
    const table = text === null ? `*Still to be run: there is no \`${path}\`.*` : tableIn(text, caption);
    if (!table) throw new Error(`${path} has no table whose caption begins with "${caption}"`);
    const marked = `<!-- figures: ${path} | ${caption} -->\n${table}\n<!-- end of figures -->`;
    filled = filled.replace(block, () => marked);
  }
  return filled;
}

/** A table with its caption, which is a bold line above it; or the lead, which is the paragraph after the title. */
function tableIn(markdown: string, caption: string): string | undefined {
  if (caption === 'lead') return markdown.split('\n\n')[1];
  return markdown
    .split(/\n(?=\*\*)/)
    .find((part) => part.startsWith(`**${caption}`))
    ?.split('\n![')[0]
    ?.trim();
}

/** The text of a file beside the document; null where there is none. */
export async function besideDocument(path: string): Promise<string | null> {
  const file = new URL(path, DOCUMENT);
  return existsSync(file) ? readFile(file, 'utf8') : null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const document = await readFile(DOCUMENT, 'utf8');
  await writeFile(DOCUMENT, await withFigures(document, besideDocument));
}
