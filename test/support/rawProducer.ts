import { connect, type Socket } from 'node:net';
import { KAFKA_API } from './kafkaProxy.js';
import { type BatchCompression, type RawRecord, recordBatch } from './recordBatch.js';

const VERSION = 7;
const ACKS_OF_ALL = -1;
const BROKER_TIMEOUT_MS = 10_000;
/** Nothing came back: the broker is frozen, or it closed the connection without a word. */
const ANSWER_MS = 20_000;

/** The broker did not take a batch. */
export class NotTaken extends Error {
  /** @param code Kafka's number of the error; 0 where the connection broke before an answer came */
  constructor(
    readonly code: number,
    where: string,
  ) {
    super(`Kafka did not take a batch for ${where}: error ${code}`);
  }
}

/** Writes batches to one broker as they are, and says where they came to lie. */
export interface RawProducer {
  /**
   * @returns offset of the first record
   * @throws NotTaken
   */
  send(
    topic: string,
    partition: number,
    records: readonly RawRecord[],
    compression?: BatchCompression,
  ): Promise<bigint>;
  close(): void;
}

interface Awaited {
  readonly where: string;
  readonly resolve: (answer: Buffer) => void;
  readonly reject: (error: NotTaken) => void;
}

/** Connects when there is something to send, and again after the connection broke. */
export function rawProducer(broker: string): RawProducer {
  const [host, port] = broker.split(':');
  const awaited = new Map<number, Awaited>();
  let socket: Socket | undefined;
  let correlation = 0;

  const broken = (gone: Socket): void => {
    if (socket !== gone) return;
    socket = undefined;
    for (const { reject, where } of awaited.values()) reject(new NotTaken(0, where));
    awaited.clear();
  };
  const opened = (): Socket => {
    if (socket) return socket;
    const made = connect(Number(port), host ?? '127.0.0.1');
    made.setNoDelay(true);
    made.on('error', () => broken(made)).on('close', () => broken(made));
    let rest: Buffer = Buffer.alloc(0);
    made.on('data', (chunk) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
        const end = 4 + rest.readInt32BE(0);
        const id = rest.readInt32BE(4);
        awaited.get(id)?.resolve(Buffer.from(rest.subarray(8, end)));
        awaited.delete(id);
        rest = rest.subarray(end);
      }
    });
    socket = made;
    return made;
  };
  return {
    async send(topic, partition, records, compression) {
      const batch = await recordBatch(records, compression);
      const id = correlation++;
      const where = `${topic}/${partition}`;
      const used = opened();
      const answer = await new Promise<Buffer>((resolve, reject) => {
        const late = setTimeout(() => used.destroy(), ANSWER_MS);
        awaited.set(id, {
          where,
          resolve: (bytes) => {
            clearTimeout(late);
            resolve(bytes);
          },
          reject: (error) => {
            clearTimeout(late);
            reject(error);
          },
        });
        used.write(request(id, topic, partition, batch));
      });
      return offsetIn(answer, where);
    },
    close: () => socket?.destroy(),
  };
}

function request(id: number, topic: string, partition: number, batch: Buffer): Buffer {
  const name = (text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([int(2, bytes.length), bytes]);
  };
  const body = Buffer.concat([
    ...[int(2, KAFKA_API.produce), int(2, VERSION), int(4, id), name('storm')],
    // No transaction.
    ...[int(2, -1), int(2, ACKS_OF_ALL), int(4, BROKER_TIMEOUT_MS)],
    ...[int(4, 1), name(topic), int(4, 1), int(4, partition), int(4, batch.length), batch],
  ]);
  return Buffer.concat([int(4, body.length), body]);
}

function int(bytes: 2 | 4, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeIntBE(value, 0, bytes);
  return buffer;
}

/** The answer names the one topic and its one partition before it says what came of it. */
function offsetIn(answer: Buffer, where: string): bigint {
  const name = answer.readInt16BE(4);
  const at = 4 + 2 + name + 4 + 4;
  const code = answer.readInt16BE(at);
  if (code !== 0) throw new NotTaken(code, where);
  return answer.readBigInt64BE(at + 2);
}
