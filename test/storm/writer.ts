import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingRecord } from '../../src/domain/record.js';
import { TOPIC_ROLES, type TopicRole } from '../../src/domain/topics.js';
import type { Random } from '../../src/model/ssre/random.js';
import { NotTaken, type RawProducer, rawProducer } from '../support/rawProducer.js';
import type { BatchCompression, RawRecord } from '../support/recordBatch.js';
import type { Model } from '../support/workersModel.js';
import { draftOf, toRaw } from './draft.js';
import type { Ledger } from './ledger.js';

const AGAIN_MS = 200;
/** A batch that holds more would be refused by a topic with Kafka's default limit. */
const BATCH_BYTES = 500_000;

/** A record and what it is. */
export interface Labelled {
  readonly role: TopicRole;
  readonly kind: string;
  readonly record: RawRecord;
  readonly alone?: boolean;
}

/** Writes to the topics and keeps the books. */
export class Writer {
  /** Records that lie in the log. */
  written = 0;
  /** What the broker did not take, by its error. */
  readonly refused = new Map<string, number>();
  readonly #producer: RawProducer;
  readonly #roles: ReadonlyMap<string, TopicRole>;

  constructor(
    private readonly model: Model,
    private readonly ledger: Ledger,
    private readonly partitions: ReadonlyMap<TopicRole, number>,
    private readonly random: Random,
  ) {
    this.#producer = rawProducer(model.broker);
    this.#roles = new Map(TOPIC_ROLES.map((role) => [model.topics[role], role]));
  }

  /** Good records: again until the broker has taken them. */
  async good(records: readonly OutgoingRecord[], kind = 'good'): Promise<void> {
    const labelled = records.map((record): Labelled => {
      const role = this.#roles.get(record.topic);
      if (role === undefined) throw new Error(`${record.topic} is no topic of ours`);
      return { role, kind, record: toRaw(draftOf(record)) };
    });
    await this.#all(labelled, async (batch) => {
      for (;;) {
        try {
          return await this.#send(batch);
        } catch (error) {
          if (!(error instanceof NotTaken)) throw error;
          await sleep(AGAIN_MS);
        }
      }
    });
  }

  /** Hostile records: what the broker does not take is counted. */
  async hostile(records: readonly Labelled[], compression?: BatchCompression): Promise<void> {
    await this.#all(records, async (batch) => {
      try {
        await this.#send(batch, compression);
      } catch (error) {
        if (!(error instanceof NotTaken)) throw error;
        const [{ kind } = { kind: '' }] = batch.records;
        const what = batch.records.length === 1 ? `${kind}: error ${error.code}` : `error ${error.code}`;
        this.refused.set(what, (this.refused.get(what) ?? 0) + batch.records.length);
      }
    });
  }

  close(): void {
    this.#producer.close();
  }

  async #all(records: readonly Labelled[], send: (batch: Batch) => Promise<void>): Promise<void> {
    await Promise.all(this.#batches(records).map(send));
  }

  async #send({ role, partition, records }: Batch, compression?: BatchCompression): Promise<void> {
    const raw = records.map(({ record }) => record);
    const from = await this.#producer.send(this.model.topics[role], partition, raw, compression);
    this.written += records.length;
    this.ledger.wrote(
      role,
      partition,
      from,
      records.map(({ kind }) => kind),
    );
  }

  #batches(records: readonly Labelled[]): Batch[] {
    const open = new Map<string, Batch & { bytes: number }>();
    const batches: Batch[] = [];
    for (const labelled of records) {
      const { role, record } = labelled;
      // A compacted topic takes no record without a key, nor the batch that it is in.
      const alone = labelled.alone || (role === 'models' && record.key === null);
      const partition = this.random.below(this.partitions.get(role) ?? 1);
      const bytes = sizeOf(record);
      const key = `${role}/${partition}`;
      const known = open.get(key);
      if (known && !alone && known.bytes + bytes < BATCH_BYTES) {
        known.records.push(labelled);
        known.bytes += bytes;
        continue;
      }
      const batch = { role, partition, records: [labelled], bytes };
      batches.push(batch);
      if (!alone) open.set(key, batch);
    }
    return batches;
  }
}

interface Batch {
  readonly role: TopicRole;
  readonly partition: number;
  readonly records: Labelled[];
}

function sizeOf({ key, value, headers }: RawRecord): number {
  const parts = [key, value, ...headers.flat()];
  return parts.reduce((sum, part) => sum + (part === null ? 0 : Buffer.byteLength(part)), 100);
}
