import { Hono } from 'hono';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bodies } from '../../../../src/adapters/http/bodies.js';
import { freeMemory } from '../../../../src/adapters/http/freeMemory.js';
import { refuse } from '../../../../src/adapters/http/refusal.js';
import { listen } from '../../../../src/adapters/http/server.js';
import { toLetheError } from '../../../../src/domain/errors.js';
import { rawConnection } from '../../../support/rawConnection.js';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const LARGEST = 1000;

/** A server that answers with how long a body was, once `go` was called. */
async function serving(bodies: Bodies) {
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  const routes = new Hono();
  routes.post('/', async (context) =>
    bodies.read(context, async (body) => {
      await gate;
      return context.json({ bytes: body.length });
    }),
  );
  routes.onError((error, context) => refuse(context, toLetheError(error)));
  const server = await listen(routes, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  const connection = async (head: string, body = '') => {
    const raw = await rawConnection(server.url);
    cleanups.push(() => raw.close());
    raw.send(`POST / HTTP/1.1\r\nhost: 127.0.0.1\r\n${head}\r\n\r\n${body}`);
    return raw;
  };
  return { go, connection, url: server.url };
}

describe('bodies in flight', () => {
  it('are bounded by their bytes, as they say them, before any byte is there', async () => {
    const bodies = new Bodies({ bodyBytes: LARGEST, inFlightBytes: 1500, stallMs: 60_000 });
    const { connection, go } = await serving(bodies);
    const first = await connection('content-length: 900', 'x');
    await expect.poll(() => bodies.reserved).toBe(900);
    const second = await connection('content-length: 900', 'x');
    await second.until('503 Service Unavailable');
    expect(second.text().toLowerCase()).toContain('retry-after: 1');
    expect(second.text()).toContain('"field":"http.inFlightBytes"');
    const small = await connection('content-length: 500', 'y'.repeat(500));
    await expect.poll(() => bodies.reserved).toBe(1400);
    go();
    await small.until('{"bytes":500}');
    first.send('x'.repeat(899));
    await first.until('{"bytes":900}');
    await expect.poll(() => bodies.reserved).toBe(0);
  });

  it('are bounded by what has come where they say no length', async () => {
    const bodies = new Bodies({ bodyBytes: LARGEST, inFlightBytes: 1500, stallMs: 60_000 });
    const { connection } = await serving(bodies);
    const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;
    const first = await connection('transfer-encoding: chunked', chunk(900));
    await expect.poll(() => bodies.reserved).toBe(900);
    const second = await connection('transfer-encoding: chunked', chunk(400));
    await expect.poll(() => bodies.reserved).toBe(1300);
    second.send(chunk(400));
    await second.until('503 Service Unavailable');
    first.send(chunk(200));
    await first.until('413 Payload Too Large');
    await expect.poll(() => bodies.reserved).toBe(0);
  });

  it('give their room back when their sender goes', async () => {
    const bodies = new Bodies({ bodyBytes: LARGEST, inFlightBytes: 1500, stallMs: 60_000 });
    const { connection } = await serving(bodies);
    const gone = await connection('content-length: 900', 'x');
    await expect.poll(() => bodies.reserved).toBe(900);
    gone.close();
    await expect.poll(() => bodies.reserved).toBe(0);
  });

  it('that stall are answered 408, and their connection is closed', async () => {
    const bodies = new Bodies({ bodyBytes: LARGEST, inFlightBytes: 1500, stallMs: 200 });
    const { connection } = await serving(bodies);
    const stalled = await connection('content-length: 900', 'x');
    await stalled.until('408 Request Timeout');
    expect(stalled.text()).toContain('"code":"timed-out"');
    await stalled.ended;
    expect(bodies.reserved).toBe(0);
  });

  it('of an absurd length are refused at once', async () => {
    const { connection } = await serving(new Bodies({ bodyBytes: LARGEST, inFlightBytes: 1500 }));
    await (await connection('content-length: 999999999999999')).until('413 Payload Too Large');
    await (await connection(`content-length: ${'9'.repeat(40)}`)).until('400 Bad Request');
    await (await connection('content-length: -1')).until('400 Bad Request');
  });
});

describe('memory that no one needs any more', () => {
  it('is given back at once, unless others share it', () => {
    const own = Buffer.allocUnsafeSlow(100_000);
    freeMemory(own);
    expect([own.length, own.buffer.byteLength]).toEqual([0, 0]);
    const whole = Buffer.allocUnsafeSlow(1000);
    const part = whole.subarray(0, 999);
    freeMemory(part);
    freeMemory(Buffer.alloc(0));
    expect([part.length, whole.length]).toEqual([999, 1000]);
  });
});
