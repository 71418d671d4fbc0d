import type { Producer } from 'kafkajs';
import type { OutgoingRecord } from '../../../domain/record.js';
import { closedError } from '../closedError.js';
import { createClient, PRODUCER } from './client.js';
import { compressionType } from './codecs.js';
import type { KafkaLogOptions } from './options.js';
import { type Patience, persist } from './waiting.js';
import { requestsOf, sizeOf } from './writer.js';

interface Waiting {
  readonly records: readonly OutgoingRecord[];
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Writes records outside of transactions: what comes within `lingerMs` travels together, in its order. */
export class Publisher {
  #producer: Promise<Producer> | undefined;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** Requests that were sent. */
  requests = 0;

  constructor(
    private readonly options: KafkaLogOptions,
    private readonly patience: Patience,
  ) {}

  /** Resolves when all in-sync replicas have the records. */
  publish(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((done, failed) => {
      this.#waiting.push({ records, done, failed });
      for (const record of records) this.#bytes += sizeOf(record);
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

  /** One batch at a time: what comes meanwhile makes the next one. */
  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      this.#bytes = 0;
      try {
        await this.#send(batch.flatMap(({ records }) => records));
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
  }

  async #send(records: readonly OutgoingRecord[]): Promise<void> {
    const compression = compressionType(this.options.compression);
    for (const topicMessages of requestsOf(records, this.options)) {
      await persist(this.patience, async () => {
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
