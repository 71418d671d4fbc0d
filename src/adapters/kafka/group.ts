import type { Subscriber } from 'rxjs';
import type { LogRecord } from '../../domain/record.js';
import type { Positions, Settled, Subscription } from '../eventLog.js';
import { AtLeastOnceWriter, OnlookingWriter } from './atLeastOnce.js';
import { beginningOf, keptOf } from './beginning.js';
import { type Note, type Turn, written } from './caution.js';
import type { Offsets } from './offsets.js';
import type { KafkaLogOptions } from './options.js';
import { type Entry, Progress } from './progress.js';
import type { Publisher } from './publisher.js';
import { Reader, type ReaderContext } from './reader.js';
import type { Sizing } from './requests.js';
import { TransactionalWriter } from './transactions.js';
import type { Patience } from './waiting.js';
import type { Writer } from './writer.js';

/** How long settlements that are being written may take when the log is closed. */
const CLOSING_MS = 5000;

interface GroupParts {
  readonly options: KafkaLogOptions;
  readonly patience: Patience;
  readonly offsets: Offsets;
  readonly publisher: Publisher;
  readonly sizing: Sizing;
  readonly turn: Turn;
}

/** A consumer group as this process takes part in it: its readers, and how far it is in each partition. */
export class Group {
  readonly #readers = new Set<Reader>();
  /** Readers that have not left yet. */
  readonly #leaving = new Map<Reader, Promise<void>>();
  readonly #progress = new Map<string, Progress>();
  /** From which holding of a partition a record is. */
  readonly #origins = new WeakMap<LogRecord, { readonly progress: Progress; readonly losses: number }>();
  readonly #starts = new WeakMap<Reader, Promise<Positions | undefined>>();
  readonly #writer: Writer;

  constructor(
    readonly name: string,
    readonly transient: boolean,
    private readonly parts: GroupParts,
  ) {
    const { options, patience, offsets, publisher, sizing } = parts;
    if (transient) this.#writer = new OnlookingWriter(publisher);
    else if (options.delivery === 'exactly-once')
      this.#writer = new TransactionalWriter(options, patience, offsets, sizing);
    else {
      const committer = ({ reader }: Progress) => (reader instanceof Reader ? reader : undefined);
      this.#writer = new AtLeastOnceWriter(publisher, committer);
    }
  }

  /** Readers that emit. */
  get readers(): number {
    return this.#readers.size;
  }

  join(
    subscription: Subscription,
    subscriber: Subscriber<LogRecord>,
    starts: Promise<Positions | undefined>,
  ): Reader {
    const { options, patience, turn } = this.parts;
    const context: ReaderContext = {
      options,
      patience,
      turn,
      note: (progress, note) => this.#note(progress, note),
      progressOf: (topic, partition) => this.#progressOf(topic, partition),
      acquire: (progress, by) => this.#acquire(progress, by),
      lost: (progress) => this.#lose(progress),
      moved: (progress) => this.#hasMoved(progress),
      emitting: (record, progress) => this.#origins.set(record, { progress, losses: progress.losses }),
      flush: (progress) => {
        this.#commit(progress).catch((error: unknown) => subscriber.error(error));
      },
    };
    const reader = new Reader(subscription, subscriber, context);
    this.#readers.add(reader);
    this.#starts.set(reader, starts);
    void this.#start(reader, subscriber, starts);
    return reader;
  }

  /** Resolves when the reader has left the group. */
  leave(reader: Reader): Promise<void> {
    const known = this.#leaving.get(reader);
    if (known) return known;
    this.#readers.delete(reader);
    const lingers = !this.transient && this.parts.options.delivery === 'at-least-once';
    const leaving = reader.stop(lingers).finally(() => this.#leaving.delete(reader));
    this.#leaving.set(reader, leaving);
    return leaving;
  }

  async settle(settled: readonly Settled[]): Promise<LogRecord[]> {
    const lost: LogRecord[] = [];
    const entries = new Map<Progress, { readonly input: LogRecord; readonly entry: Entry }[]>();
    for (const { input, outputs } of settled) {
      const origin = this.#origins.get(input);
      const progress = origin?.progress ?? this.#progress.get(`${input.topic}/${input.partition}`);
      if (!progress || (origin && origin.losses !== progress.losses)) {
        lost.push(input);
        continue;
      }
      const entry = progress.settle(input.offset, outputs);
      const of = entries.get(progress) ?? [];
      if (entry) of.push({ input, entry });
      entries.set(progress, of);
    }
    await Promise.all(
      [...entries].map(async ([progress, of]) => {
        if (progress.headSettled) await this.#commit(progress);
        for (const { input, entry } of of) {
          entry.release();
          if (entry.state === 'lost') lost.push(input);
        }
      }),
    );
    return lost;
  }

  /** Up to where everything is dealt with, or was nothing to deal with. */
  readUpTo(topic: string, partition: number): bigint | undefined {
    const progress = this.#progress.get(`${topic}/${partition}`);
    if (progress?.position === undefined) return undefined;
    return progress.idle ? progress.cursor : progress.position;
  }

  /** Topics of which it holds partitions. */
  get topics(): ReadonlySet<string> {
    const held = [...this.#progress.values()].filter(({ position }) => position !== undefined);
    return new Set(held.map(({ topic }) => topic));
  }

  /** The topic of that name has this id now: where it is another one, all that is known of its offsets is void. */
  identify(topic: string, id: string): void {
    for (const progress of this.#progress.values())
      if (progress.topic === topic && isAnother(id, progress)) this.#acquireAnew(progress);
  }

  /** Completes the readers; resolves for each when it has left. */
  close(): Promise<void>[] {
    const readers = [...this.#readers];
    for (const reader of readers) reader.complete();
    for (const reader of this.#leaving.keys()) reader.hurry();
    return [...readers.map((reader) => this.leave(reader)), ...this.#leaving.values()];
  }

  /** When settlements that are under way are written, or take too long. */
  async settledSoFar(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSING_MS);
    });
    const all = Promise.all([...this.#progress.values()].map(({ inTurn }) => inTurn(async () => undefined)));
    await Promise.race([all, tooLong]);
    clearTimeout(timer);
  }

  disconnect(): Promise<void> {
    return this.#writer.close();
  }

  /** A reader joins when its predecessors in this process have left: they would only make the group rebalance twice. */
  async #start(
    reader: Reader,
    subscriber: Subscriber<LogRecord>,
    starts: Promise<Positions | undefined>,
  ): Promise<void> {
    const predecessors = [...this.#leaving];
    for (const [predecessor] of predecessors) predecessor.hurry();
    await Promise.allSettled(predecessors.map(([, left]) => left));
    try {
      await starts;
    } catch (error) {
      subscriber.error(error);
    }
    if (!reader.stopped) reader.start();
  }

  #progressOf(topic: string, partition: number): Progress {
    const key = `${topic}/${partition}`;
    const known = this.#progress.get(key);
    if (known) return known;
    const progress = new Progress(this.name, topic, partition);
    this.#progress.set(key, progress);
    return progress;
  }

  /** @returns whether the partition is the reader's; if not, another worker has it, or had it meanwhile */
  #acquire(progress: Progress, reader: Reader): Promise<boolean> {
    return progress.inTurn(async () => {
      if (reader.stopped) return false;
      const former = progress.reader;
      if (former instanceof Reader && former !== reader && !former.stopped) progress.lose();
      await this.#writer.acquire(progress);
      const topicId = await this.parts.offsets.idOf(progress.topic);
      const isOther = isAnother(topicId, progress);
      // Whoever had it meanwhile knows the new topic: the group's position is of that one.
      const isAnew = isOther && former === reader;
      if (isAnew) {
        this.parts.options.log?.warn(
          { group: this.name, topic: progress.topic, partition: progress.partition },
          'the topic was deleted and created again: Lethe reads it from its beginning; unread records of the old topic are lost',
        );
      }
      if (isOther) progress.lose();
      const { position, pinned, found } = await beginningOf(progress, {
        ...{ group: this.name, transient: this.transient, whole: reader.subscription.whole === true },
        ...{ offsets: this.parts.offsets, options: this.parts.options },
        ...{ starts: await this.#starts.get(reader), isAnew },
      });
      if (reader.stopped) return false;
      progress.acquired(position, reader);
      const note = found && progress.caution.begins(position, found, reader.subscription.maxInFlight);
      const isWritten =
        (pinned && !note) || (await this.#writer.write(progress, [], position, note && written(note)));
      if (isWritten) progress.topicId = topicId;
      else progress.lose();
      return isWritten;
    });
  }

  /** Asked where kafkajs fetched from another offset than it was told to. */
  async #hasMoved(progress: Progress): Promise<boolean> {
    const { losses } = progress;
    const id = await this.parts.offsets.idOf(progress.topic);
    const { low, high } = await keptOf(progress, this.parts.offsets);
    const moved = isAnother(id, progress) || progress.cursor < low || progress.cursor > high;
    if (moved && progress.losses === losses) this.#acquireAnew(progress);
    return moved;
  }

  #acquireAnew(progress: Progress): void {
    const { reader } = progress;
    progress.lose();
    if (reader instanceof Reader) reader.fenced(progress);
  }

  #lose(progress: Progress): void {
    progress.lose();
    progress.reader = undefined;
    // In its turn: a producer of kafkajs that is disconnected amid a request may never end it, nor its own disconnecting.
    void progress.inTurn(async () => {
      if (progress.reader === undefined) this.#writer.release(progress);
    });
  }

  /** Writes a note beside the position. */
  #note(progress: Progress, note: Note): Promise<void> {
    return progress.inTurn(async () => {
      const { position, losses } = progress;
      if (position === undefined) return;
      const noted = await this.#writer.write(progress, [], position, written(note));
      if (!noted && progress.losses === losses) this.#acquireAnew(progress);
    });
  }

  /**
   * Writes what is settled without a gap, and passes what is never emitted. Settlements that come while it waits for its turn are
   * written with it.
   */
  #commit(progress: Progress): Promise<void> {
    return progress.inTurn(async () => {
      const { entries, position } = progress.settledPrefix();
      if (entries.length === 0 && !progress.skipped) return;
      const { losses } = progress;
      const outputs = entries.flatMap((entry) => entry.outputs);
      const written = await this.#writer.write(progress, outputs, position);
      if (progress.losses !== losses) {
        // Lost while it was written: what happened decides, not what we were told meanwhile.
        if (written) for (const entry of entries) entry.state = 'written';
        return;
      }
      if (written) progress.written(entries, position);
      else this.#acquireAnew(progress);
    });
  }
}

function isAnother(id: string | undefined, { topicId }: Progress): boolean {
  return id !== undefined && topicId !== undefined && id !== topicId;
}
