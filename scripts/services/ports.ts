import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';
import getPort from 'get-port';

/**
 * Where ports are looked for: below those that Linux and macOS give to outgoing connections (32768 and above), any of
 * which may take a free port before its server listens at it.
 */
const RANGE = { from: 15_000, to: 32_000 };

/** How many ports of the range are tried before any other will do. */
const TRIES = 50;

/**
 * A TCP port of 127.0.0.1 on which nothing listens now. It is drawn, so that two processes seldom try the same one, and
 * this process is not given it again while its server starts (15 s at least).
 */
export function freePort(): Promise<number> {
  const port = Array.from({ length: TRIES }, () => randomInt(RANGE.from, RANGE.to));
  return getPort({ host: '127.0.0.1', port });
}

/** Whether something accepts connections at the port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1000 });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

/** Whether a server can't listen at the port of 127.0.0.1, because another does. */
export function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(true));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)));
  });
}
