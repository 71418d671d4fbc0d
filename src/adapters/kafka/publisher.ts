import type { Producer, TopicMessages } from 'kafkajs';
import type { LetheError } from '../../domain/errors.js';
import { type OutgoingRecord, recordBytes } from '../../domain/record.js';
import { closedError } from '../closedError.js';
import { createClient, PRODUCER } from './client.js';
import { compressionType } from './codecs.js';
import type { KafkaLogOptions } from './options.js';
import { Requests, type Sizing, TooLarge } from './requests.js';
import { type Patience, persist } from './waiting.js';
import { writeTo } from './writer.js';

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Writes records outside of transactions: records that arrive within `lingerMs` form one batch, in their order. */
export class Publisher {
  #producer: Promise<Producer> | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Number of requests sent. */
  requests = 0;

  constructor(
    private readonly options: KafkaLogOptions,
    private readonly patience: Patience,
    private readonly sizing: Sizing,
  ) {}

  /**
   * Resolves when all in-sync replicas have the records.
   * @throws LetheError `config-invalid` for a record that its topic does not accept; the others are written
   */
  publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((done, failed) => {
      this.#waiting.push({ records, done, failed });
      for (const record of records) this.#bytes += recordBytes(record);
      if (this.#bytes >= this.options.batchBytes) this.#flush();
      else this.#timer ??= setTimeout(() => this.#flush(), this.options.lingerMs);
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const { failed } of this.#waiting.splice(0)) failed(closedError());
    await this.#sending;
    await this.#disconnect();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Sends one batch at a time: records that arrive meanwhile form the next one. */
  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#bytes = 0;
      try {
        const refused = await this.#send(batch.flatMap(({ records }) => records));
        for (const { records, done, failed } of batch) {
          const error = records.map((record) => refused.get(record)).find((each) => each !== undefined);
          if (error) failed(error);
          else done();
        }
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  /** @returns the reasons of records that Kafka accepts in no form, and that were not written */
  async #send(records: readonly OutgoingRecord[]): Promise<ReadonlyMap<OutgoingRecord, LetheError>> {
    const refused = new Map<OutgoingRecord, LetheError>();
    const requests = new Requests(records, this.sizing);
    while (!requests.done) {
      try {
        await requests.send((topicMessages) => this.#request(topicMessages));
      } catch (thrown) {
        if (!(thrown instanceof TooLarge)) throw thrown;
        refused.set(thrown.record, thrown.error);
        requests.skip();
      }
    }
    return refused;
  }

  #request(topicMessages: TopicMessages[]): Promise<void> {
    const compression = compressionType(this.options.compression);
    return persist(this.patience, writeTo(topicMessages), async () => {
      try {
        this.#producer ??= this.#connect();
        const producer = await this.#producer;
        this.requests++;
        await producer.sendBatch({ topicMessages, compression, acks: -1 });
      } catch (thrown) {
        void this.#disconnect();
        throw thrown;
      }
    });
  }

  async #connect(): Promise<Producer> {
    const producer = createClient(this.options).producer(PRODUCER);
    await producer.connect();
    return producer;
  }

  async #disconnect(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.then((connected) => connected.disconnect()).catch(() => undefined);
  }
}
