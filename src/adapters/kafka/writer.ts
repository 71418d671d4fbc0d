import type { TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from '../../domain/record.js';
import type { Progress } from './progress.js';
import type { Deed } from './waiting.js';

/** Makes settlements durable: outputs and positions. */
export interface Writer {
  /** The partition was assigned to this process: prevents others from writing for it. */
  acquire(progress: Progress): Promise<void>;
  /**
   * @param note kept beside the position until the next write
   * @returns whether it was written; if not, the partition belongs to another process
   */
  write(
    progress: Progress,
    outputs: readonly OutgoingRecord[],
    position: bigint,
    note?: string,
  ): Promise<boolean>;
  /** The partition belongs to another process. */
  release(progress: Progress): void;
  close(): Promise<void>;
}

/** Sends one request. */
export function writeTo(topicMessages: readonly TopicMessages[]): Deed {
  return { what: 'write to', topics: topicMessages.map(({ topic }) => topic) };
}
