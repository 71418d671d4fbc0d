import { connect } from 'node:net';
import { expect } from 'vitest';

/** A connection that sends whatever a test wants, and what was answered. */
export interface RawConnection {
  send(text: string | Uint8Array): void;
  /** What came so far. */
  text(): string;
  /** Waits for a text. */
  until(wanted: string): Promise<void>;
  /** Reads no more, so that what is sent to it waits. */
  pause(): void;
  resume(): void;
  /** Resolves when the other end has closed it. */
  readonly ended: Promise<void>;
  close(): void;
}

/** Connects to a server of a test. */
export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  // The other end may cut it off: that is what `ended` tells.
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  return {
    send: (part) => void socket.write(part),
    text: () => text,
    until: (wanted) => expect.poll(() => text).toContain(wanted),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    ended,
    close: () => void socket.destroy(),
  };
}
