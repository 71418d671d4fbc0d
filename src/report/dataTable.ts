import { html, raw } from 'hono/html';
import { aligned } from './aligned.js';
import { style } from './style.js';

type Markup = ReturnType<typeof html>;

/** A table of ready-made text, to be shown in any form. */
export interface DataTable {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Tables as Markdown, one after the other. */
export function markdownOf(tables: readonly DataTable[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return tables
    .map(({ caption, head, rows }) =>
      [`**${caption}**`, '', line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n'),
    )
    .join('\n\n');
}

/** Tables as text for a terminal. */
export function plainText(tables: readonly DataTable[]): string {
  return tables.map(({ caption, head, rows }) => `${caption}\n${aligned([head, ...rows])}`).join('\n\n');
}

/** A report of tables and pictures: one HTML document that needs nothing beside itself. */
export async function tablesPage(
  title: string,
  lead: string,
  tables: readonly DataTable[],
  plots: readonly { readonly svg: string; readonly caption: string }[] = [],
): Promise<string> {
  const page = html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title}</title>
  <style>${raw(style)}</style>
</head>
<body><main>
  <h1>${title}</h1>
  <p class="lead">${lead}</p>
  ${tables.map(tableMarkup)}
  ${plots.map(
    ({ svg, caption }) => html`<figure><div class="plot" role="img" aria-label="${caption}">${raw(svg)}</div>
    <figcaption>${caption}</figcaption></figure>`,
  )}
</main></body>
</html>
`;
  return (await page).toString();
}

function tableMarkup({ caption, head, rows }: DataTable): Markup {
  return html`<div class="scroll"><table>
    <caption>${caption}</caption>
    <thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead>
    <tbody>${rows.map(
      ([name, ...cells]) =>
        html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
    )}</tbody>
  </table></div>`;
}

/** Rows of plain values as CSV (RFC 4180). */
export function csvOf(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const cell = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}
