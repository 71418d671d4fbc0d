import type { TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from '../../../domain/record.js';
import type { KafkaLogOptions } from './options.js';
import type { Progress } from './progress.js';

/** Makes settlements durable: outputs and positions. */
export interface Writer {
  /** The partition was assigned to this process: keeps others from writing for it. */
  acquire(progress: Progress): Promise<void>;
  /** @returns whether it was written; if not, the partition is someone else's */
  write(progress: Progress, outputs: readonly OutgoingRecord[], position: bigint): Promise<boolean>;
  /** The partition is someone else's. */
  release(progress: Progress): void;
  close(): Promise<void>;
}

/** Groups records into requests of at most `batchBytes`, in their order; values are framed where that is wanted. */
export function requestsOf(
  records: readonly OutgoingRecord[],
  { batchBytes, framing }: Pick<KafkaLogOptions, 'batchBytes' | 'framing'>,
): TopicMessages[][] {
  const requests: TopicMessages[][] = [];
  let byTopic = new Map<string, TopicMessages>();
  let bytes = 0;
  for (const bare of records) {
    const record = framing?.write(bare) ?? bare;
    const size = sizeOf(record);
    if (bytes > 0 && bytes + size > batchBytes) {
      requests.push([...byTopic.values()]);
      byTopic = new Map();
      bytes = 0;
    }
    bytes += size;
    const { topic, key, value, headers } = record;
    const messages = byTopic.get(topic) ?? { topic, messages: [] };
    messages.messages.push({ key, value, headers: { ...headers } });
    byTopic.set(topic, messages);
  }
  if (byTopic.size > 0) requests.push([...byTopic.values()]);
  return requests;
}

/** About what a record takes in a request. */
export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = value.length + (key?.length ?? 0) + 32;
  for (const [name, content] of Object.entries(headers)) bytes += name.length + content.length + 4;
  return bytes;
}
