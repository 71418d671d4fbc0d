import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Labelled } from '../lethe.js';
import { asInput, type VectorSet } from './vectorSet.js';

const LEAST = 200;
const MOST = 600;
const WIDTH = 1024;

/**
 * Quotations by subject, from the files of the game `fortune`: every file with at least {@link LEAST} of them is a class, at most
 * {@link MOST} are used, and every fourth is asked about. A text is the square roots of the counts of its words, hashed.
 */
export function quotations(folder: string): VectorSet {
  const train: Labelled[] = [];
  const test: Labelled[] = [];
  const classNames: string[] = [];
  for (const name of readdirSync(folder)
    .filter((each) => !each.includes('.'))
    .sort()) {
    const texts = readFileSync(join(folder, name), 'utf8')
      .split(/^%\n/m)
      .filter((text) => /\w/.test(text));
    if (texts.length < LEAST) continue;
    classNames.push(name);
    for (const [index, text] of texts.slice(0, MOST).entries())
      (index % 4 === 3 ? test : train).push(asInput(name, hashedWords(text)));
  }
  return { classNames, train, test };
}

function hashedWords(text: string): Float32Array {
  const counts = new Float32Array(WIDTH);
  for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? ['']) {
    const at = fnv1a(word) % WIDTH;
    counts[at] = (counts[at] as number) + 1;
  }
  return counts.map(Math.sqrt);
}

/** FNV-1a, 32 bits. */
function fnv1a(word: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(word)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
