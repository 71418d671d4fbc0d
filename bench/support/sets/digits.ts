import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Labelled } from '../lethe.js';
import { asInput, type VectorSet } from './vectorSet.js';

const PIXELS = 64;

/** scikit-learn's digits, 8 x 8 pixels: of each class every third is asked about. @param file `digits.csv.gz` */
export function digits(file: string): VectorSet {
  const seen = new Map<number, number>();
  const train: Labelled[] = [];
  const test: Labelled[] = [];
  for (const line of gunzipSync(readFileSync(file)).toString().trim().split('\n')) {
    const row = line.split(',').map(Number);
    const label = row[PIXELS] as number;
    const index = seen.get(label) ?? 0;
    seen.set(label, index + 1);
    (index % 3 === 2 ? test : train).push(asInput(`digit ${label}`, row.slice(0, PIXELS)));
  }
  return { classNames: [...seen.keys()].sort().map((label) => `digit ${label}`), train, test };
}
