import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Hono } from 'hono';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../../src/adapters/http/server.js';
import { guardedDoors } from '../../../src/app/guardedDoors.js';
import { createFeed } from '../../../src/console/feed.js';
import { type ConsoleDoor, consoleRoutes } from '../../../src/console/http.js';
import type { Happening, StateMessage } from '../../../src/console/messages.js';
import { actorOf, decodeCommand } from '../../../src/domain/cloudEvents.js';
import type { OutgoingRecord } from '../../../src/domain/record.js';
import { topicsUnder } from '../../../src/domain/topics.js';

const TOKEN = 'a-token-of-sixteen-letters';
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function serving(changes: Partial<ConsoleDoor> = {}, token?: string) {
  const source = new Subject<StateMessage | Happening>();
  const published: OutgoingRecord[] = [];
  const door: ConsoleDoor = {
    feed: createFeed(source, { answer: 10, told: 10 }),
    topics: topicsUnder('lethe.'),
    modelName: 'main',
    publish: async (records) => void published.push(...records),
    accepting: () => true,
    pages: 2,
    ...changes,
  };
  const routes = new Hono()
    .route('/', guardedDoors({ token, hosts: [], commandsPerMinute: 100 }))
    .route('/', consoleRoutes(door));
  const server = await listen(routes, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  const command = (body: unknown, headers: Record<string, string> = { origin: server.url }) =>
    fetch(`${server.url}/console/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { source, published, url: server.url, command };
}

/** A page that follows; `until` waits for a text. */
async function following(url: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  cleanups.push(() => leave.abort());
  const response = await fetch(`${url}/console/feed`, { headers, signal: leave.signal });
  let text = '';
  const read = (async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => undefined);
  return {
    response,
    until: (wanted: string) => expect.poll(() => text).toContain(wanted),
    text: () => text,
    leave: async () => {
      leave.abort();
      await read;
    },
  };
}

const rate = (perSecond: number): StateMessage => ({ kind: 'rate', data: { perSecond, routes: {} } });
const told = (at: number, about = 'cat'): Happening => ({
  kind: 'told',
  data: { of: 'command', at, id: `c${at}`, actor: null, kind: 'learn', about },
});

describe('the door of the console', () => {
  it('serves the page to everybody, with headers that let nothing else in', async () => {
    const { url } = await serving({}, TOKEN);
    expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toBe('/console/');
    const page = await fetch(`${url}/console/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('strict-transport-security')).toBeNull();
    expect(page.headers.getSetCookie()).toEqual([]);
  });

  it('sends the feed as server-sent events, with ids for what counts, and goes on after the last one seen', async () => {
    const { url, source } = await serving();
    const page = await following(url);
    expect(page.response.headers.get('content-type')).toContain('text/event-stream');
    await expect.poll(() => source.observed).toBe(true);
    source.next(rate(3));
    source.next(told(1));
    await page.until('event: told');
    expect(page.text()).toContain('event: rate\ndata: {"perSecond":3,"routes":{}}\n\n');
    const id = /event: told\ndata: .*\nid: (.*)\n/.exec(page.text())?.[1];
    source.next(told(2));
    const again = await following(url, { 'last-event-id': id ?? '' });
    await again.until('"id":"c2"');
    expect(again.text()).not.toContain('"id":"c1"');
  });

  it('lets so many pages follow, and another when one has gone', async () => {
    const { url } = await serving();
    const first = await following(url);
    await following(url);
    expect((await fetch(`${url}/console/feed`)).status).toBe(503);
    await first.leave();
    await expect
      .poll(async () => {
        const page = await following(url);
        const { status } = page.response;
        await page.leave();
        return status;
      })
      .toBe(200);
  });

  it('holds up nobody for a page that stops reading', async () => {
    const { url, source } = await serving();
    const { hostname, port } = new URL(url);
    const stuck = connect(Number(port), hostname);
    cleanups.push(() => void stuck.destroy());
    stuck.write(`GET /console/feed HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    await expect.poll(() => source.observed).toBe(true);
    const page = await following(url);
    const long = 'x'.repeat(10_000);
    for (let at = 1; at <= 5000; at++) {
      source.next(told(at, long));
      if (at % 5 === 0) await setImmediate();
    }
    await page.until('"id":"c5000"');
    // What waited for the other one was dropped; when it reads again it is told so, and goes on with the newest.
    let read = '';
    stuck.on('data', (chunk: Buffer) => {
      read += chunk.toString();
    });
    await expect.poll(() => read.slice(-40_000)).toContain('"id":"c5000"');
    expect(read).toContain('event: missed');
  });

  it('takes commands from its own page and writes them as its own', async () => {
    const { command, published } = await serving();
    const answer = await command({ kind: 'unlearn', classes: ['cat'] });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const record = { ...(published[0] as OutgoingRecord), partition: 0, offset: 0n, timestamp: 0 };
    expect(decodeCommand(record)).toEqual({ id, kind: 'unlearn', classes: ['cat'] });
    expect([record.topic, record.key, actorOf(record)]).toEqual(['lethe.commands', 'main', 'console']);
    expect((await command({ kind: 'relearn', classes: ['cat', 'dog'] })).status).toBe(202);
  });

  it.each<[string, unknown, number]>([
    ['another kind of command', { kind: 'erase', classes: ['cat'] }, 400],
    ['no class', { kind: 'unlearn', classes: [] }, 400],
    ['more than it asks for', { kind: 'unlearn', classes: ['cat'], now: true }, 400],
    ['what is no JSON', 'unlearn cat', 400],
    ['too much', { kind: 'unlearn', classes: ['c'.repeat(100_000)] }, 413],
  ])('refuses %s', async (_, body, status) => {
    const { command, published } = await serving();
    expect((await command(body)).status).toBe(status);
    expect(published).toEqual([]);
  });

  it('refuses commands of another origin and without the token, whatever they say', async () => {
    const order = { kind: 'unlearn', classes: ['cat'] };
    const open = await serving();
    expect((await open.command(order, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await open.command(order, {})).status).toBe(403);
    const guarded = await serving({}, TOKEN);
    const authorization = `Bearer ${TOKEN}`;
    expect((await guarded.command(order)).status).toBe(401);
    expect((await guarded.command(order, { authorization, origin: 'http://evil.example' })).status).toBe(403);
    expect((await fetch(`${guarded.url}/console/feed?token=${TOKEN}`)).status).toBe(401);
    expect([...open.published, ...guarded.published]).toEqual([]);
    expect((await guarded.command(order, { authorization, origin: guarded.url })).status).toBe(202);
    const page = await following(guarded.url, { authorization });
    expect(page.response.status).toBe(200);
  });

  it('takes no commands while Lethe is not ready', async () => {
    const { command, published } = await serving({ accepting: () => false });
    const response = await command({ kind: 'unlearn', classes: ['cat'] });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({
      error: { code: 'overloaded', message: 'Lethe is not ready, or shutting down' },
    });
    expect(published).toEqual([]);
  });
});
