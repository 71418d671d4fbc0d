import type { TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from '../../domain/record.js';
import type { Progress } from './progress.js';
import type { Deed } from './waiting.js';

/** Makes settlements durable: outputs and positions. */
export interface Writer {
  /** The partition was assigned to this process: keeps others from writing for it. */
  acquire(progress: Progress): Promise<void>;
  /**
   * @param note kept beside the position until it is written again
   * @returns whether it was written; if not, the partition is someone else's
   */
  write(
    progress: Progress,
    outputs: readonly OutgoingRecord[],
    position: bigint,
    note?: string,
  ): Promise<boolean>;
  /** The partition is someone else's. */
  release(progress: Progress): void;
  close(): Promise<void>;
}

/** What a request does. */
export function writeTo(topicMessages: readonly TopicMessages[]): Deed {
  return { what: 'write to', topics: topicMessages.map(({ topic }) => topic) };
}
