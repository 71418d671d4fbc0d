import type { Positions } from '../eventLog.js';
import { type Note, noteIn } from './caution.js';
import { type Loss, lostError, lostIn } from './losses.js';
import type { Kept, Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';

/** Where a reader starts. */
export interface Beginning {
  readonly position: bigint;
  /** Whether this position is stored as far as necessary. */
  readonly pinned: boolean;
  /** The note of processes that started there before; undefined if there is nothing to read. */
  readonly found: Note | undefined;
}

/** The inputs that decide where a reader starts. */
interface Circumstances {
  readonly group: string;
  readonly transient: boolean;
  /** Whether the reader must stop at lost records. */
  readonly whole: boolean;
  /** Where the reader starts if the group has no position. */
  readonly starts: Positions | undefined;
  /** Whether the topic was created again after the position of the group was written. */
  readonly isAnew: boolean;
  readonly offsets: Offsets;
  readonly options: KafkaLogOptions;
}

/**
 * The position of the group in a partition, and whether it is stored as far as necessary.
 * @throws LetheError `records-lost` if the reader must not continue silently
 */
export async function beginningOf(
  { topic, partition, position }: Progress,
  { group, transient, whole, starts, isAnew, offsets, options }: Circumstances,
): Promise<Beginning> {
  const place = transient ? undefined : (await offsets.places(group, topic)).get(partition);
  const committed = place?.position;
  const kept = await keptOf({ topic, partition }, offsets);
  if (isAnew) return { position: kept.low, pinned: transient, found: undefined };
  const known = later(committed, position);
  const loss = transient || (known === undefined && starts) ? undefined : lostIn(kept, known);
  if (loss) refuseOrTell({ group, topic, partition, ...loss }, whole, options);
  const wanted = known ?? starts?.get(topic)?.[partition] ?? kept.low;
  if (wanted > kept.high) {
    options.log?.warn(
      { group, topic, partition, position: String(wanted), end: String(kept.high) },
      'the topic ends before the committed offset: it was truncated or created again; Lethe reads it from its beginning',
    );
  }
  const isWithin = wanted >= kept.low && wanted <= kept.high;
  const forgotten = committed !== undefined && position !== undefined && committed < position;
  const isKnown = committed !== undefined || starts === undefined;
  const hasMore = wanted < kept.high && isWithin && !transient;
  return {
    position: isWithin ? wanted : kept.low,
    pinned: transient || (isKnown && isWithin && !forgotten),
    found: hasMore ? (wanted === committed && place ? place.note : noteIn(null)) : undefined,
  };
}

function refuseOrTell(loss: Loss, whole: boolean, { onLoss }: KafkaLogOptions): void {
  if (whole) throw lostError(loss);
  onLoss?.(loss);
}

/** The offsets in the partition; an empty range if the partition does not exist. */
export async function keptOf(
  { topic, partition }: Pick<Progress, 'topic' | 'partition'>,
  offsets: Offsets,
): Promise<Kept> {
  return (await offsets.kept(topic))[partition] ?? { low: 0n, high: 0n };
}

/**
 * The later of Kafka's position and the position that this process knows to be committed. A broker that is killed
 * right after it confirmed a transaction may lose the position, but not the outputs (decision 0012).
 */
function later(committed: bigint | undefined, known: bigint | undefined): bigint | undefined {
  if (committed === undefined || known === undefined) return committed ?? known;
  return committed > known ? committed : known;
}
