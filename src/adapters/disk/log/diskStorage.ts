import { z } from 'zod';
import type { Extent, Kept, LogStorage, Position, TopicRecords } from '../../memory/log/storage.js';
import type { DiskFile } from '../file.js';
import { jsonOf } from '../json.js';

/** Offsets of a partition: enough for a million records a second over 12 days, or a thousand over 34 years. */
const OFFSETS = 2 ** 40;
/** Partitions of a topic, as the settings allow. */
const PARTITIONS = 1024;

const natural = z.int().nonnegative();
const topicRow = z.object({ number: natural, partitions: z.int().positive() });
const extentRow = z.object({ partition: natural, first: natural, next: natural, bytes: natural });
const recordRow = z.object({
  sequence: natural,
  bytes: natural,
  written: z.number(),
  record_key: z.string().nullable(),
  headers: jsonOf(z.array(z.tuple([z.string(), z.string()]))),
  value: z.instanceof(Uint8Array),
});
const bytesRow = z.object({ bytes: natural });
const readerRow = z.object({ reader: z.string(), name: z.string() });
const positionRow = z.object({
  partition: natural,
  position: natural,
  settled: jsonOf(z.array(natural)),
});

/** Topics and groups' positions in a file. */
export function diskStorage(file: DiskFile): LogStorage {
  const topics = new Map<string, DiskTopic>();
  return {
    topic: (name, partitions) => {
      const topic = new DiskTopic(name, partitions, file);
      topics.set(name, topic);
      return topic;
    },
    groups: () => {
      const groups = new Map<string, string[]>();
      const rows = file.rows(
        readerRow,
        'SELECT DISTINCT reader, name FROM position JOIN topic ON position.topic = topic.number',
      );
      for (const { reader, name } of rows) groups.set(reader, [...(groups.get(reader) ?? []), name]);
      return groups;
    },
    positions: (group, topic) => {
      const positions: Position[] = [];
      const rows = file.rows(
        positionRow,
        'SELECT partition, position, settled FROM position WHERE reader = ? AND topic = (SELECT number FROM topic WHERE name = ?)',
        group,
        topic,
      );
      for (const { partition, ...position } of rows) positions[partition] = position;
      return positions;
    },
    keepPosition: (group, topic, partition, { position, settled }) =>
      file.run(
        'INSERT OR REPLACE INTO position (reader, topic, partition, position, settled) VALUES (?, ?, ?, ?, ?)',
        group,
        topics.get(topic)?.number() ?? 0,
        partition,
        position,
        JSON.stringify(settled),
      ),
    write: (change, undone) => {
      try {
        return file.write(() => {
          const result = change();
          for (const topic of topics.values()) topic.keepExtents();
          return result;
        });
      } catch (error) {
        undone();
        throw error;
      }
    },
  };
}

class DiskTopic implements TopicRecords {
  #number: number | undefined;
  #extents: { start: number; end: number; bytes: number }[] = [];
  readonly #changed = new Set<number>();

  constructor(
    private readonly name: string,
    private readonly partitions: number,
    private readonly file: DiskFile,
  ) {}

  /** That of its records, which it gets when something of it is kept for the first time. */
  number(): number {
    if (this.#number !== undefined) return this.#number;
    this.file.run('INSERT INTO topic (name, partitions) VALUES (?, ?)', this.name, this.partitions);
    this.extents();
    return this.number();
  }

  extents(): readonly Extent[] {
    this.#changed.clear();
    const found = this.file.row(topicRow, 'SELECT number, partitions FROM topic WHERE name = ?', this.name);
    this.#number = found?.number;
    const count = found?.partitions ?? this.partitions;
    this.#extents = Array.from({ length: count }, () => ({ start: 0, end: 0, bytes: 0 }));
    const rows = found
      ? this.file.rows(
          extentRow,
          'SELECT partition, first, next, bytes FROM extent WHERE topic = ?',
          found.number,
        )
      : [];
    for (const { partition, first, next, bytes } of rows)
      this.#extents[partition] = { start: first, end: next, bytes };
    return this.#extents;
  }

  append({ record, sequence, bytes }: Kept): void {
    const { partition, offset, timestamp, key, headers, value } = record;
    this.file.run(
      'INSERT INTO record (key, sequence, bytes, written, record_key, headers, value) VALUES (?, ?, ?, ?, ?, ?, ?)',
      this.#key(partition, Number(offset)),
      sequence,
      bytes,
      timestamp,
      key,
      JSON.stringify(Object.entries(headers)),
      value,
    );
    const extent = this.#changing(partition);
    extent.end++;
    extent.bytes += bytes;
  }

  at(partition: number, offset: number): Kept | undefined {
    const row = this.file.row(
      recordRow,
      'SELECT sequence, bytes, written, record_key, headers, value FROM record WHERE key = ?',
      this.#key(partition, offset),
    );
    if (!row) return undefined;
    const { sequence, bytes, written: timestamp, record_key: key, headers: entries, value } = row;
    const headers = Object.fromEntries(entries);
    const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return {
      record: { topic: this.name, partition, offset: BigInt(offset), key, value: buffer, headers, timestamp },
      sequence,
      bytes,
    };
  }

  drop(partition: number, from: number, to: number): number {
    const [first, next] = [this.#key(partition, from), this.#key(partition, to)];
    const bytes =
      this.file.row(
        bytesRow,
        'SELECT coalesce(sum(bytes), 0) AS bytes FROM record WHERE key >= ? AND key < ?',
        first,
        next,
      )?.bytes ?? 0;
    this.file.run('DELETE FROM record WHERE key >= ? AND key < ?', first, next);
    const extent = this.#changing(partition);
    extent.start = to;
    extent.bytes -= bytes;
    return bytes;
  }

  /** Writes what changed of the extents: once for each change, however many records it was about. */
  keepExtents(): void {
    for (const partition of this.#changed) {
      const { start, end, bytes } = this.#changing(partition);
      this.file.run(
        'INSERT OR REPLACE INTO extent (topic, partition, first, next, bytes) VALUES (?, ?, ?, ?, ?)',
        this.number(),
        partition,
        start,
        end,
        bytes,
      );
    }
    this.#changed.clear();
  }

  #changing(partition: number): { start: number; end: number; bytes: number } {
    const extent = this.#extents[partition];
    if (!extent) throw new RangeError(`${this.name} has no partition ${partition}`);
    this.#changed.add(partition);
    return extent;
  }

  /** One number for topic, partition and offset, in their order. */
  #key(partition: number, offset: number): bigint {
    return BigInt(this.number() * PARTITIONS + partition) * BigInt(OFFSETS) + BigInt(offset);
  }
}
