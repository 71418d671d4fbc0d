import { LetheError } from '../../domain/errors.js';

/**
 * Where a follower starts: with the existing records, with new ones, or at an offset of each partition. A partition
 * without an offset starts with its existing records.
 */
export type Start = 'earliest' | 'latest' | readonly bigint[];

/** `partition/offset`, like the ids of events; several are separated by commas. */
const POSITIONS = /^\d{1,5}\/\d{1,18}(,\d{1,5}\/\d{1,18})*$/;

/** @throws LetheError `invalid-message` for an invalid start */
export function parseStart(text: string): Start {
  if (text === 'earliest' || text === 'latest') return text;
  if (!POSITIONS.test(text)) throw notThere(`"${text}"`, text);
  const positions: bigint[] = [];
  for (const position of text.split(',')) {
    const [partition, offset] = position.split('/');
    positions[Number(partition)] = BigInt(offset ?? 0);
  }
  return positions;
}

/** The start of a follower that continues at these positions. */
export function startText(positions: readonly bigint[]): string {
  const texts: string[] = [];
  positions.forEach((offset, partition) => {
    texts.push(`${partition}/${offset}`);
  });
  return texts.length > 0 ? texts.join(',') : 'earliest';
}

/**
 * The positions, if the topic has them.
 * @throws LetheError `invalid-message` if one is behind the end: it belongs to another topic, or the topic was
 * created again
 */
export function within(ends: readonly bigint[], positions: readonly bigint[]): bigint[] {
  positions.forEach((offset, partition) => {
    if (offset > (ends[partition] ?? -1n)) throw notThere(`${partition}/${offset}`, startText(positions));
  });
  return [...positions];
}

function notThere(what: string, value: string): LetheError {
  return new LetheError('invalid-message', `can't read a topic from ${what}`, {
    field: 'from',
    value,
    remedy:
      'Use from=earliest for existing and new records, from=latest for new ones, or existing offsets of the partitions: from=0/12,1/7.',
  });
}
