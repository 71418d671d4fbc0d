const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The partition of a key: FNV-1a over its UTF-16 code units, so that one key's records stay in one order. */
export function partitionOf(key: string, partitions: number): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME);
  return (hash >>> 0) % partitions;
}
