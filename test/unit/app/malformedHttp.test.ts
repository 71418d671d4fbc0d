import { Hono } from 'hono';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGateway } from '../../../src/adapters/http/gateway.js';
import { type HttpServer, listen } from '../../../src/adapters/http/server.js';
import { nothingThere } from '../../../src/adapters/http/unknownRoute.js';
import { createMemoryLog } from '../../../src/adapters/memory/log/memoryLog.js';
import { loadConfig } from '../../../src/app/config/loadConfig.js';
import { guardedDoors } from '../../../src/app/guardedDoors.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { type RawConnection, rawConnection } from '../../support/rawConnection.js';

const log = createMemoryLog({ partitions: 1, capacity: { records: 100, bytes: 1e6 } });
const unhandled: unknown[] = [];
const onUnhandled = (error: unknown): number => unhandled.push(error);
const told: string[] = [];
const connections: RawConnection[] = [];
let server: HttpServer;

beforeAll(async () => {
  process.on('unhandledRejection', onUnhandled);
  const gateway = createGateway({
    log,
    topics: topicsUnder('lethe.'),
    modelName: 'main',
    status: async () => {
      throw new TypeError('the store is gone');
    },
    accepting: () => true,
    bodyBytes: 1000,
    waiting: 10,
    inFlightBytes: 10_000,
    followers: 3,
    backlogs: 3,
    waitSeconds: 5,
    waiters: 10,
    told: (error) => told.push(String(error)),
  });
  const doors = new Hono()
    .route('/', guardedDoors(loadConfig({ variables: {} }).config.http))
    .route('/', gateway);
  doors.notFound((context) => nothingThere(context, doors.routes));
  server = await listen(doors, { host: '127.0.0.1', port: 0 }, { connections: 100, requestMs: 1500 });
});
afterEach(() => {
  for (const connection of connections.splice(0)) connection.close();
  expect(unhandled).toEqual([]);
});
afterAll(async () => {
  process.off('unhandledRejection', onUnhandled);
  await server.close();
  await log.close();
});

const HOST = 'host: 127.0.0.1';

async function sending(text: string): Promise<RawConnection> {
  const connection = await rawConnection(server.url);
  connections.push(connection);
  connection.send(text);
  return connection;
}

describe('what is no good request', () => {
  it.each<[string, string, number]>([
    ['an escape that is none', `GET /v1/%zz HTTP/1.1\r\n${HOST}\r\n\r\n`, 404],
    ['an escape that is no UTF-8', `GET /v1/%ff%C0%80 HTTP/1.1\r\n${HOST}\r\n\r\n`, 404],
    ['one in a parameter', `GET /v1/events?from=%E0%A4%A HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
    ['a parameter twice', `GET /v1/events?from=latest&from=latest HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
    ['an empty one', `GET /v1/events?from= HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
    ['one of another value', `GET /v1/events?bodies=all HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
    ['a huge one', `GET /v1/events?from=${'x'.repeat(9000)} HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
    ['headers without end', `GET /v1/events HTTP/1.1\r\n${HOST}\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
    ['a path that is not there', `GET /v2/__proto__ HTTP/1.1\r\n${HOST}\r\n\r\n`, 404],
    ['another method', `DELETE /v1/queries HTTP/1.1\r\n${HOST}\r\n\r\n`, 405],
    ['a method of WebDAV', `PROPFIND /v1/status HTTP/1.1\r\n${HOST}\r\n\r\n`, 405],
    ['TRACE', `TRACE /v1/status HTTP/1.1\r\n${HOST}\r\n\r\n`, 405],
    ['a method that does not exist', `FORGET /v1/queries HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01', 400],
    ['no host', 'GET /v1/status HTTP/1.1\r\n\r\n', 400],
    ['a host that is none', 'GET /v1/status HTTP/1.1\r\nhost: a b/c\r\n\r\n', 400],
    ['two hosts', `GET /v1/status HTTP/1.1\r\n${HOST}\r\nhost: evil.example\r\n\r\n`, 403],
    ['a length that is none', `POST /v1/queries HTTP/1.1\r\n${HOST}\r\ncontent-length: abc\r\n\r\n`, 400],
    [
      'a length and chunks',
      `POST /v1/queries HTTP/1.1\r\n${HOST}\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      'chunks that are none',
      `POST /v1/queries HTTP/1.1\r\n${HOST}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`,
      400,
    ],
    ['an error in a handler', `GET /v1/status HTTP/1.1\r\n${HOST}\r\n\r\n`, 500],
    ['HEAD of what goes on for ever', `HEAD /v1/events HTTP/1.1\r\n${HOST}\r\n\r\n`, 400],
  ])('%s is refused as JSON', async (_, request, status) => {
    const connection = await sending(request);
    await connection.until('\r\n\r\n');
    expect(connection.text()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(connection.text().toLowerCase()).toContain('content-type: application/json');
    if (!request.startsWith('HEAD')) await connection.until('{"error":{"code":');
    if (status === 405) expect(connection.text().toLowerCase()).toContain('allow: ');
  });

  it('tells who runs it of an error in a handler', () => {
    expect(told).toEqual(['TypeError: the store is gone']);
  });

  it('a request that does not come to its end is given up', async () => {
    const stuck = [
      await sending('GET /v1/status HTTP/1.1\r\nhost: 127'),
      await sending(`GET /v1/events HTTP/1.1\r\n${HOST}\r\ncontent-length: 10\r\n\r\n`),
    ];
    await stuck[0]?.until('HTTP/1.1 408 Request Timeout');
    await Promise.all(stuck.map(({ ended }) => ended));
  });

  it('a body on GET changes nothing', async () => {
    const connection = await sending(`GET /nowhere HTTP/1.1\r\n${HOST}\r\ncontent-length: 3\r\n\r\nabc`);
    await connection.until('404 Not Found');
  });

  it('an upload that breaks off leaves the door open', async () => {
    const connection = await sending(
      `POST /v1/queries HTTP/1.1\r\n${HOST}\r\ncontent-length: 900\r\n\r\nabc`,
    );
    connection.close();
    await connection.ended;
    const next = await sending(`GET /nowhere HTTP/1.1\r\n${HOST}\r\n\r\n`);
    await next.until('404 Not Found');
  });

  it('requests in a line are answered in their order', async () => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\n${HOST}\r\n\r\n`;
    const connection = await sending(['/first', '/second', '/third'].map(one).join(''));
    await connection.until('/third');
    expect(connection.text().match(/nothing at \/\w+/g)).toEqual([
      'nothing at /first',
      'nothing at /second',
      'nothing at /third',
    ]);
  });

  it('followers that no one would see go take no place', async () => {
    const ask = (method: string) => `${method} /v1/events HTTP/1.1\r\n${HOST}\r\n\r\n`;
    for (let i = 0; i < 5; i++) await (await sending(ask('HEAD'))).until('400 Bad Request');
    const one = await sending(ask('GET') + ask('GET') + ask('GET') + ask('GET'));
    await one.until('200 OK');
    const others = [await sending(ask('GET')), await sending(ask('GET'))];
    for (const other of others) await other.until('200 OK');
    await (await sending(ask('GET'))).until('503 Service Unavailable');
    one.close();
    await expect
      .poll(async () => {
        const again = await sending(ask('GET'));
        await again.until('\r\n\r\n');
        return again.text();
      })
      .toContain('200 OK');
  });
});

it('has no more connections than it may', async () => {
  const few = await listen(new Hono(), { host: '127.0.0.1', port: 0 }, { connections: 2, requestMs: 60_000 });
  const held = [await rawConnection(few.url), await rawConnection(few.url)];
  const third = await rawConnection(few.url);
  await third.ended;
  for (const connection of held) connection.close();
  await few.close();
});
