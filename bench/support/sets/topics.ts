import { type Random, randomOf } from '../../../src/model/ssre/random.js';
import type { Labelled } from '../lethe.js';
import { asInput, type VectorSet } from './vectorSet.js';

const TOPICS = 10;
const VOCABULARY = 500;
const LENGTH = 25;
/** Share of words that any text has. */
const COMMON = 0.8;

/** Counts of words, sparse, drawn from overlapping topics; the largest class has twenty times as many as the smallest. */
export function topics(): VectorSet {
  const random = randomOf(1993, TOPICS);
  const words = Array.from({ length: TOPICS }, () =>
    Array.from({ length: VOCABULARY / 5 }, () => random.below(VOCABULARY)),
  );
  const sizes = words.map((_, topic) => Math.round(50 * 20 ** (((topic * 7) % TOPICS) / (TOPICS - 1))));
  const texts = (factor: number): Labelled[] =>
    words.flatMap((own, topic) =>
      Array.from({ length: Math.round((sizes[topic] as number) * factor) }, () =>
        asInput(`topic ${topic}`, text(own, random)),
      ),
    );
  return { classNames: words.map((_, topic) => `topic ${topic}`), train: texts(1), test: texts(1) };
}

function text(own: readonly number[], random: Random): Float32Array {
  const counts = new Float32Array(VOCABULARY);
  for (let at = 0; at < LENGTH; at++) {
    const isCommon = random.below(1000) < 1000 * COMMON;
    // As of any language: the word of rank r comes up about 1 / r times.
    const rank = Math.floor(own.length ** (random.below(10_000) / 10_000)) - 1;
    const word = isCommon ? (rank * 5) % VOCABULARY : (own[rank] as number);
    counts[word] = (counts[word] as number) + 1;
  }
  return counts;
}
