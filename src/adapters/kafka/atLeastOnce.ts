import type { OutgoingRecord } from '../../domain/record.js';
import type { Progress } from './progress.js';
import type { Publisher } from './publisher.js';
import type { Writer } from './writer.js';

/** A member of the group, which can commit positions of its assigned partitions. */
export interface Committer {
  /** @returns false if it is no longer a member */
  commit(progress: Progress, position: bigint, note?: string): Promise<boolean>;
}

/** At least once: first the outputs, then the position. A crash between the two repeats the outputs. */
export class AtLeastOnceWriter implements Writer {
  constructor(
    private readonly publisher: Publisher,
    private readonly committerOf: (progress: Progress) => Committer | undefined,
  ) {}

  async acquire(): Promise<void> {}

  async write(
    progress: Progress,
    outputs: readonly OutgoingRecord[],
    position: bigint,
    note?: string,
  ): Promise<boolean> {
    const { losses } = progress;
    await this.publisher.publish(outputs);
    if (progress.losses !== losses) return false;
    return (await this.committerOf(progress)?.commit(progress, position, note)) ?? false;
  }

  release(): void {}

  async close(): Promise<void> {}
}

/** For observers: writes outputs, but no positions. */
export class OnlookingWriter implements Writer {
  constructor(private readonly publisher: Publisher) {}

  async acquire(): Promise<void> {}

  async write(_progress: Progress, outputs: readonly OutgoingRecord[]): Promise<boolean> {
    await this.publisher.publish(outputs);
    return true;
  }

  release(): void {}

  async close(): Promise<void> {}
}
