import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const FOLDER = new URL('../../../docs/decisions/', import.meta.url);
const HEAD = /^# (?<number>\d{4}) (?<title>.+)\n\nDate: (?<date>\d{4}-\d\d-\d\d) · Status: (?<status>.+)\n\n/;
const index = await readFile(new URL('README.md', FOLDER), 'utf8');
const pages = (await readdir(FOLDER)).filter((name) => name !== 'README.md');

describe('docs/decisions', () => {
  it.each(pages)('%s has a number, a title, a date and a status, as in the index', async (name) => {
    const page = (await readFile(new URL(name, FOLDER), 'utf8')).match(HEAD)?.groups;
    const row = `| [${page?.number}](${name}) | ${page?.title} | ${page?.date} | ${page?.status} |`;
    expect(index.split('\n')).toContain(row);
    expect(name.slice(0, 4)).toBe(page?.number);
  });

  it('has no entry in the index for a page that does not exist, and explains the missing numbers', () => {
    const entries = [...index.matchAll(/^\| \[\d{4}\]\((.+?)\)/gm)].map(([, name]) => name);
    expect(entries.toSorted()).toEqual(pages.toSorted());
    const last = Math.max(...pages.map((name) => Number(name.slice(0, 4))));
    for (let number = 1; number <= last; number++) expect(index).toContain(String(number).padStart(4, '0'));
  });
});
