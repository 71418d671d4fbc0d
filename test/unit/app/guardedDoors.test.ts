import { PassThrough, Readable } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { commandLimit } from '../../../src/adapters/http/commandLimit.js';
import { listen } from '../../../src/adapters/http/server.js';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { guardedDoors, refuseOpenDoors } from '../../../src/app/guardedDoors.js';
import { runCli } from '../../../src/cli/program.js';

const TOKEN = 'a-token-of-a-test-000';
const { http } = loadConfig({ variables: {} }).config;

describe('by default', () => {
  it('the gateway, and with it metrics, health and the console, listens on loopback', () => {
    expect(http.host).toBe('127.0.0.1');
    expect(() => refuseOpenDoors(http)).not.toThrow();
  });
});

describe('an address that other machines reach', () => {
  it.each(['0.0.0.0', '::', '192.168.1.7', 'lethe.example'])('is refused without a token: %s', (host) => {
    expect(() => refuseOpenDoors({ ...http, host })).toThrow(
      expect.objectContaining({ code: 'config-invalid', field: 'http.token' }),
    );
    expect(() => refuseOpenDoors({ ...http, host, token: TOKEN })).not.toThrow();
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '0:0:0:0:0:0:0:1'])(
    'is not this one: %s',
    (host) => {
      expect(() => refuseOpenDoors({ ...http, host })).not.toThrow();
    },
  );
});

it('a start at such an address ends with one line and 78', async () => {
  let written = '';
  const out = new PassThrough().on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  const variables = { LETHE_HTTP__HOST: '0.0.0.0' };
  expect(await runCli(['run'], { stdin: Readable.from([]), stdout: out, stderr: out, variables })).toBe(78);
  expect(written).toMatch(
    /^error config-invalid: the gateway would be open to other machines at 0\.0\.0\.0.*\n$/,
  );
});

const LOCAL = { incoming: { socket: { remoteAddress: '127.0.0.1' } } } as unknown as HttpBindings;

describe('doors without a token', () => {
  const door = guardedDoors(http)
    .get('/v1/status', (context) => context.text('here it is'))
    .get('/metrics', (context) => context.text('measured'));
  const ask = async (headers: Record<string, string>, address = '127.0.0.1') => {
    const env = { incoming: { socket: { remoteAddress: address } } } as unknown as HttpBindings;
    return (await door.request('/v1/status', { headers: { host: '127.0.0.1:7070', ...headers } }, env))
      .status;
  };

  it('open to programs and pages of this machine', async () => {
    expect(await ask({})).toBe(200);
    expect(await ask({ origin: 'http://127.0.0.1:7070' })).toBe(200);
  });

  it('stay shut to pages of other sites, to other names that lead here, and to other machines', async () => {
    expect(await ask({ origin: 'https://evil.example' })).toBe(403);
    expect(await ask({ host: 'evil.example:7070', origin: 'http://evil.example:7070' })).toBe(403);
    expect(await ask({}, '192.168.1.9')).toBe(403);
  });

  it('are one for all: metrics and health are behind it, too', async () => {
    const asked = (headers: Record<string, string>) => door.request('/metrics', { headers }, LOCAL);
    expect((await asked({ host: '10.0.0.7:7070' })).status).toBe(200);
    expect((await asked({ host: 'evil.example' })).status).toBe(403);
    expect((await asked({ host: '10.0.0.7:7070', 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    const status = { host: '127.0.0.1:7070', 'sec-fetch-site': 'cross-site' };
    expect((await door.request('/v1/status', { headers: status }, LOCAL)).status).toBe(403);
  });

  it('are those of a running server too', async () => {
    const server = await listen(new Hono().route('/', door), { host: '127.0.0.1', port: 0 });
    expect((await fetch(`${server.url}/v1/status`)).status).toBe(200);
    expect(
      (await fetch(`${server.url}/v1/status`, { headers: { origin: 'https://evil.example' } })).status,
    ).toBe(403);
    await server.close();
  });
});

describe('commands', () => {
  function underTest(perMinute: number) {
    let now = 0;
    const limit = commandLimit(perMinute, () => now);
    const door = new Hono()
      .use(limit)
      .post('/:status', (context) => context.body(null, Number(context.req.param('status')) as 202));
    return {
      send: (status = 202) => door.request(`/${status}`, { method: 'POST' }),
      wait: (ms: number) => {
        now += ms;
      },
    };
  }

  it('above the limit are answered 429, with the seconds to wait, and taken when they have passed', async () => {
    const { send, wait } = underTest(3);
    for (let i = 0; i < 3; i++) expect((await send()).status).toBe(202);
    const refused = await send();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(await refused.json()).toMatchObject({
      error: { code: 'overloaded', field: 'http.commandsPerMinute' },
    });
    wait(20_000);
    expect((await send()).status).toBe(202);
    expect((await send()).status).toBe(429);
  });

  it('of callers that are not let in use nothing up', async () => {
    const { send } = underTest(2);
    for (let i = 0; i < 10; i++) expect((await send(401)).status).toBe(401);
    expect((await send()).status).toBe(202);
    expect((await send()).status).toBe(202);
    expect((await send()).status).toBe(429);
  });

  it('of the gateway and of the console are counted together', async () => {
    const doors = guardedDoors({ ...http, token: TOKEN, commandsPerMinute: 2 })
      .post('/v1/commands', (context) => context.body(null, 202))
      .post('/console/commands', (context) => context.body(null, 202))
      .post('/v1/queries', (context) => context.body(null, 202));
    const status = async (path: string) =>
      (await doors.request(path, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }, LOCAL))
        .status;
    expect([await status('/v1/commands'), await status('/console/commands')]).toEqual([202, 202]);
    expect([await status('/v1/commands'), await status('/console/commands')]).toEqual([429, 429]);
    expect(await status('/v1/queries')).toBe(202);
  });
});
