import kafkajs, { type ICustomPartitioner, type Message, type PartitionerArgs } from 'kafkajs';
import { murmur2 } from './murmur2.js';

/**
 * Kafka's own choice of partitions, made once for each message. kafkajs 2.2.4 chooses again when it repeats a
 * request. A message without a key would then go to another partition, where the broker cannot detect that it already
 * wrote the message. So a lost response would duplicate it in the same transaction.
 */
export const lastingPartitioner: ICustomPartitioner = () => {
  const chooseWithoutKey = kafkajs.Partitioners.DefaultPartitioner();
  const chosen = new WeakMap<Message, number>();
  return (choice) => {
    const known = chosen.get(choice.message);
    if (known !== undefined) return known;
    const partition = partitionOfKey(choice) ?? chooseWithoutKey(choice);
    chosen.set(choice.message, partition);
    return partition;
  };
};

function partitionOfKey({ message, partitionMetadata }: PartitionerArgs): number | undefined {
  const { key, partition } = message;
  if (key === null || key === undefined || partition !== undefined) return undefined;
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitionMetadata.length;
}
