import { connect, createServer, type Socket } from 'node:net';

/** Requests of Kafka's protocol, by their keys. */
export const KAFKA_API = {
  produce: 0,
  findCoordinator: 10,
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
  /** How many such requests came so far. */
  requests(api: KafkaApi): number;
  close(): Promise<void>;
}

interface Cut {
  readonly key: number;
  readonly when: 'before' | 'after';
  readonly done: () => void;
}

/** Listens on a port that the broker is to advertise as its own. */
export async function startKafkaProxy(): Promise<KafkaProxy> {
  const sockets = new Set<Socket>();
  const cuts: Cut[] = [];
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
    let awaited: { readonly correlationId: number; readonly cut: Cut } | undefined;
    client.on(
      'data',
      framesOf((frame) => {
        const api = frame.readInt16BE(4);
        requests.set(api, (requests.get(api) ?? 0) + 1);
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
        } else client.write(frame);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const proxy: KafkaProxy = {
    port: typeof address === 'object' && address ? address.port : 0,
    target: 0,
    cut: (api, when) => new Promise((done) => cuts.push({ key: KAFKA_API[api], when, done })),
    requests: (api) => requests.get(KAFKA_API[api]) ?? 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return proxy;
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
