import type { Positions } from '../eventLog.js';
import { type Note, noteIn } from './caution.js';
import { type Loss, lostError, lostIn } from './losses.js';
import type { Kept, Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';

/** Where a reading begins. */
export interface Beginning {
  readonly position: bigint;
  /** Whether that is written down as far as it has to be. */
  readonly pinned: boolean;
  /** What those noted who began there before; nothing where there is nothing to read. */
  readonly found: Note | undefined;
}

/** What decides where a reading begins. */
interface Circumstances {
  readonly group: string;
  readonly transient: boolean;
  /** Whether the reader must not go on where records were lost. */
  readonly whole: boolean;
  /** Where the reader asked to begin where the group has no position. */
  readonly starts: Positions | undefined;
  /** Whether the topic was created again since the group's position was written. */
  readonly isAnew: boolean;
  readonly offsets: Offsets;
  readonly options: KafkaLogOptions;
}

/**
 * Where the group is in a partition, and whether that is written down as far as it has to be.
 * @throws LetheError `records-lost` where the reader must not go on as if nothing were
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

/** The offsets that the partition keeps; none where it is not there. */
export async function keptOf(
  { topic, partition }: Pick<Progress, 'topic' | 'partition'>,
  offsets: Offsets,
): Promise<Kept> {
  return (await offsets.kept(topic))[partition] ?? { low: 0n, high: 0n };
}

/**
 * The later of the position that Kafka has and the one that this process knows to be committed. A broker that is killed
 * right after it confirmed a transaction may forget the position, though not the outputs (decision 0012).
 */
function later(committed: bigint | undefined, known: bigint | undefined): bigint | undefined {
  if (committed === undefined || known === undefined) return committed ?? known;
  return committed > known ? committed : known;
}
