import type { LetheEvent } from './messages/event.js';
import type { Place, Removal } from './places.js';

type Holding = Extract<LetheEvent, { kind: 'erased' }>['topics'][number];

/** The topics that an erasure tells of, as places. */
export function topicPlaces(topics: readonly Holding[]): Place[] {
  return topics.map((holding) => ({ kind: 'topic', place: holding.topic, ...standingOf(holding) }));
}

function standingOf({ records, retentionMs, removal }: Holding): Pick<Place, 'state' | 'detail'> {
  switch (records) {
    case 'kept':
      return { state: 'kept', detail: `it may hold records ${retentionWords(retentionMs)}` };
    case 'deleted':
      return { state: 'done', detail: 'deleted' };
    case 'waiting':
      return { state: 'waiting', detail: `deleted, and no reader gets them; ${removalWords(removal)}` };
  }
}

/** For how long a topic keeps records. */
export function retentionWords(ms: number | null): string {
  if (ms === null) return 'without limit';
  return ms === 0 ? 'until they are read' : `for ${durationWords(ms)}`;
}

/**
 * What has to pass until the bytes of deleted records are gone: Kafka drops whole files (segments), and not the one that is written
 * to. That one is closed by the first record that comes after its time, or by its size.
 */
export function removalWords(removal: Removal | undefined): string {
  if (!removal) return 'their bytes stay for a while';
  const { segmentMs, segmentBytes, deleteDelayMs } = removal;
  return (
    `their bytes stay in Kafka until their segment is closed (by the first record after ${durationWords(segmentMs)}, segment.ms, ` +
    `or at ${bytesWords(segmentBytes)}, segment.bytes), the broker has checked (log.retention.check.interval.ms) and ` +
    `${durationWords(deleteDelayMs)} have passed (file.delete.delay.ms)`
  );
}

function durationWords(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 120) return `${seconds.toFixed(ms % 1000 === 0 ? 0 : 1)} seconds`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} minutes`;
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} hours` : `${(seconds / 86_400).toFixed(1)} days`;
}

function bytesWords(bytes: number): string {
  return bytes < 2 ** 20 ? `${bytes} bytes` : `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
