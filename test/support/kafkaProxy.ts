import { connect, createServer, type Socket } from 'node:net';

/** Requests of Kafka's protocol, by their keys. */
export const KAFKA_API = {
  produce: 0,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

export type KafkaApi = keyof typeof KAFKA_API;

/** Stands between clients and a broker and cuts connections where it hurts. */
export interface KafkaProxy {
  readonly port: number;
  /** Where the broker listens; to be told once it is known. */
  target: number;
  /**
   * Cuts the connection of the next such request: before the broker gets it, or when the broker has carried it out and
   * before its answer arrives.
   * @returns resolves when it was done
   */
  cut(api: KafkaApi, when: 'before' | 'after'): Promise<void>;
  /** Keeps such requests of a client from the broker until they are let go; what comes after them passes them. */
  hold(api: KafkaApi, client: string): Held;
  /** How many such requests came so far. */
  requests(api: KafkaApi): number;
  close(): Promise<void>;
}

/** Requests that do not go on. */
export interface Held {
  /** Resolves when the first has come. */
  readonly come: Promise<void>;
  /** They go on, and so do all that follow. */
  release(): void;
}

interface Hold {
  readonly key: number;
  readonly client: string;
  readonly came: () => void;
  readonly frames: (() => void)[];
}

interface Cut {
  readonly key: number;
  readonly when: 'before' | 'after';
  readonly done: () => void;
}

/**
 * Listens on a port that the broker is to advertise as its own.
 * @param gatherMs how long answers are kept, so that several arrive at once: as they do at a client that is busy
 */
export async function startKafkaProxy({ gatherMs = 0 } = {}): Promise<KafkaProxy> {
  const sockets = new Set<Socket>();
  const cuts: Cut[] = [];
  const holds = new Set<Hold>();
  const requests = new Map<number, number>();
  const server = createServer((client) => {
    const broker = connect(proxy.target, '127.0.0.1');
    const end = (): void => {
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    const gathered: Buffer[] = [];
    const answer = (frame: Buffer): void => {
      if (gatherMs === 0) {
        client.write(frame);
        return;
      }
      gathered.push(frame);
      if (gathered.length > 1) return;
      setTimeout(() => client.write(Buffer.concat(gathered.splice(0))), gatherMs);
    };
    let awaited: { readonly correlationId: number; readonly cut: Cut } | undefined;
    client.on(
      'data',
      framesOf((frame) => {
        const api = frame.readInt16BE(4);
        requests.set(api, (requests.get(api) ?? 0) + 1);
        const held = [...holds].find(({ key, client: of }) => key === api && of === clientOf(frame));
        if (held) {
          held.frames.push(() => broker.write(frame));
          held.came();
          return;
        }
        const index = cuts.findIndex(({ key }) => key === api);
        const [cut] = index < 0 ? [] : cuts.splice(index, 1);
        if (cut?.when === 'before') {
          end();
          cut.done();
          return;
        }
        if (cut) awaited = { correlationId: frame.readInt32BE(8), cut };
        broker.write(frame);
      }),
    );
    broker.on(
      'data',
      framesOf((frame) => {
        if (awaited && frame.readInt32BE(4) === awaited.correlationId) {
          end();
          awaited.cut.done();
        } else answer(frame);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const proxy: KafkaProxy = {
    port: typeof address === 'object' && address ? address.port : 0,
    target: 0,
    cut: (api, when) => new Promise((done) => cuts.push({ key: KAFKA_API[api], when, done })),
    hold: (api, client) => {
      let came: () => void = () => undefined;
      const come = new Promise<void>((resolve) => {
        came = resolve;
      });
      const hold: Hold = { key: KAFKA_API[api], client, came, frames: [] };
      holds.add(hold);
      return {
        come,
        release: () => {
          holds.delete(hold);
          for (const goOn of hold.frames.splice(0)) goOn();
        },
      };
    },
    requests: (api) => requests.get(KAFKA_API[api]) ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return proxy;
}

/** The client's id in the head of a request: behind length, key, version and correlation id. */
function clientOf(frame: Buffer): string {
  const length = Math.max(0, frame.readInt16BE(12));
  return frame.subarray(14, 14 + length).toString();
}

/** Gives whole frames of the protocol: four bytes of length, then the content. */
function framesOf(take: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  };
}
