import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { lastingPartitioner } from '../../../../src/adapters/kafka/partitioner.js';

const keys = fc.oneof(
  fc.string().map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

const PARTITIONS = 1000;
const partitionMetadata = Array.from({ length: PARTITIONS }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}));

it('chooses the partition of a key as kafkajs and the Java client do', () => {
  const [ours, theirs] = [lastingPartitioner(), kafkajs.Partitioners.DefaultPartitioner()];
  fc.assert(
    fc.property(keys, (key) => {
      const choice = {
        topic: 't',
        partitionMetadata,
        message: { key, value: '' },
      };
      expect(ours(choice)).toBe(theirs(choice));
    }),
    { numRuns: 500 },
  );
});

it('hashes a key of a megabyte, for which kafkajs takes minutes', () => {
  const choice = { topic: 't', partitionMetadata, message: { key: 'k'.repeat(2 ** 20), value: '' } };
  expect(lastingPartitioner()(choice)).toBeLessThan(PARTITIONS);
});
