import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { compressionType, registerCodecs } from '../../../src/adapters/kafka/codecs.js';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';
import { mutated } from '../mutations.js';
import { BOMBS } from './bombs.js';

const NAMES = ['gzip', 'snappy', 'lz4', 'zstd'] as const;

interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

/** The compressions of batches, on real ones that were damaged and on bombs. */
export async function kafkaTargets(): Promise<FuzzTarget[]> {
  await registerCodecs();
  const text = Buffer.from('a record of the log '.repeat(200));
  const noise = Buffer.from(Uint8Array.from({ length: 4000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24));
  return Promise.all(
    NAMES.map(async (name) => {
      const codec = (kafkajs.CompressionCodecs[compressionType(name) as 1] as unknown as () => Codec)();
      const files = await Promise.all([text, noise].map((buffer) => codec.compress({ buffer })));
      const inputs = fc.oneof(
        { weight: 2000, arbitrary: mutated(files) },
        { weight: 1, arbitrary: fc.constantFrom(...BOMBS[name]) },
      );
      return fuzzTarget(`Kafka batch: ${name}`, 2, inputs, (buffer) => codec.decompress(buffer));
    }),
  );
}
