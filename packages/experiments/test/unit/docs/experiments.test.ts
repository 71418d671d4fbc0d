import { readdir, readFile } from 'node:fs/promises';
import { markdownOf } from 'lethe/internal/report/dataTable.js';
import { describe, expect, it } from 'vitest';
import { besideDocument, DOCUMENT, FIGURES, withFigures } from '../../../scripts/experimentFigures.js';
import { fig5Tables } from '../../../src/fig5/report.js';
import { table1Tables } from '../../../src/table1/tables.js';

const RESULTS = new URL('../../../../../docs/results/', import.meta.url);
const files = (await readdir(RESULTS, { recursive: true })).filter((name) => /\.\w+$/.test(name));
const resultsNamed = (name: string): string[] => files.filter((file) => file.endsWith(`/${name}`));

describe('docs/experiments.md', () => {
  it('has the figures of the result files', async () => {
    const document = await readFile(DOCUMENT, 'utf8');
    expect(document.match(FIGURES)?.length).toBeGreaterThan(3);
    // If not, run `npm run docs:experiments`.
    expect(await withFigures(document, besideDocument)).toBe(document);
  });

  it('has no figure beside them that nothing checks', async () => {
    const prose = (await readFile(DOCUMENT, 'utf8')).replaceAll(FIGURES, '').replaceAll(/`[^`]*`/g, '');
    expect(prose.match(/\d[.,]\d+.*/g)).toBeNull();
  });

  it('tells of a table that is not there', async () => {
    const document = '<!-- figures: a.md | Other -->\nold\n<!-- end of figures -->';
    await expect(withFigures(document, async () => '**Table**\n\n| a |\n')).rejects.toThrow('"Other"');
  });

  it('says of a result that it is still to come', async () => {
    const document = '<!-- figures: a.md | Other -->\nold\n<!-- end of figures -->';
    expect(await withFigures(document, async () => null)).toContain('Still to be run');
  });
});

describe('the result files', () => {
  it.each(resultsNamed('table1.json'))('%s: its tables are those of the figures', async (name) => {
    const summary = JSON.parse(await readFile(new URL(name, RESULTS), 'utf8'));
    const text = await readFile(new URL(name.replace('.json', '.md'), RESULTS), 'utf8');
    expect(text).toContain(markdownOf(table1Tables(summary)));
  });

  it.each(resultsNamed('fig5.json'))('%s: its tables are those of the figures', async (name) => {
    const { workloads } = JSON.parse(await readFile(new URL(name, RESULTS), 'utf8'));
    const text = await readFile(new URL(name.replace('.json', '.md'), RESULTS), 'utf8');
    expect(text).toContain(markdownOf(fig5Tables(workloads)));
  });

  it('name no place on a machine', async () => {
    expect(files.length).toBeGreaterThan(0);
    for (const name of files.filter((file) => !file.endsWith('.png'))) {
      const text = await readFile(new URL(name, RESULTS), 'utf8');
      expect(text, name).not.toMatch(/\/(?:home|root|tmp|Users|work)\/|[A-Z]:\\\\/);
    }
  });
});
