const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/**
 * The hash with which Kafka's clients choose the partition of a key (MurmurHash2, 32 bits, as in
 * org.apache.kafka.common.utils.Utils.murmur2). kafkajs 2.2.4 computes the same, but in quadratic time: five minutes
 * for a key of 1 MB.
 */
export function murmur2(data: Buffer): number {
  const { length } = data;
  const whole = length - (length % 4);
  let hash = SEED ^ length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(data.readInt32LE(at), MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  if (whole < length) hash = Math.imul(hash ^ data.readUIntLE(whole, length - whole), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}
