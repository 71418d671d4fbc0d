import type { Kept, LogStorage, TopicRecords } from './storage.js';

/** In the memory of this process: nothing was there before, no write fails, and none is undone. */
export const MEMORY_STORAGE: LogStorage = {
  topic: (_, partitions) => recordsInMemory(partitions),
  groups: () => new Map(),
  positions: () => [],
  keepPosition: () => undefined,
  write: (change) => change(),
};

function recordsInMemory(count: number): TopicRecords {
  const partitions = Array.from({ length: count }, () => new Map<number, Kept>());
  return {
    extents: () => partitions.map(() => ({ start: 0, end: 0, bytes: 0 })),
    append: (kept) => {
      partitions[kept.record.partition]?.set(Number(kept.record.offset), kept);
    },
    at: (partition, offset) => partitions[partition]?.get(offset),
    drop: (partition, from, to) => {
      const kept = partitions[partition];
      let bytes = 0;
      for (let offset = from; offset < to; offset++) {
        bytes += kept?.get(offset)?.bytes ?? 0;
        kept?.delete(offset);
      }
      return bytes;
    },
  };
}
