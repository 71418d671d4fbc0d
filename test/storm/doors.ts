import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../src/model/ssre/random.js';
import { FOREIGN, oneOf } from './draft.js';
import type { Lull } from './lull.js';
import type { AskedRole } from './verdict.js';

const STALLED_MS = 4000;
const ANSWER_MS = 5000;
const GAP_MS = 100;
const LARGEST = 1_048_100;

/** What came of knocking at the HTTP doors. */
export interface Knocked {
  /** Answers by request and status; `closed` where there was none. */
  readonly answers: Map<string, number>;
  /** Answers that no request should have. */
  readonly faults: string[];
  /** Ids that were answered 202. */
  readonly accepted: Map<AskedRole, string[]>;
}

type Knock = (door: Door) => Promise<string>;

interface Door {
  readonly url: URL;
  readonly random: Random;
  readonly serial: number;
  accepted(role: AskedRole, id: string): void;
}

/**
 * Sends requests that are odd, too large, too slow or not to be, and comes and goes as a follower, until told to end.
 * @param lull when nobody is to knock
 * @param goesOn asked before each
 */
export async function knock(
  url: string,
  { random, lull, goesOn }: { readonly random: Random; readonly lull: Lull; goesOn(): boolean },
): Promise<Knocked> {
  const knocked: Knocked = { answers: new Map(), faults: [], accepted: new Map() };
  const waiting = new Set<Promise<void>>();
  const names = Object.keys(KNOCKS);
  for (let serial = 0; goesOn(); serial++) {
    const name = names[random.below(names.length)] ?? '';
    const accepted = (role: AskedRole, id: string): void => {
      knocked.accepted.set(role, [...(knocked.accepted.get(role) ?? []), id]);
    };
    const done = lull
      .write(() => (KNOCKS[name] as Knock)({ url: new URL(url), random, serial, accepted }))
      .catch((error: unknown) => `closed (${error instanceof Error ? error.name : error})`)
      .then((answer) => {
        const key = `${name}: ${answer}`;
        knocked.answers.set(key, (knocked.answers.get(key) ?? 0) + 1);
        if (/^5(?!03)/.test(answer)) knocked.faults.push(key);
      });
    waiting.add(done);
    void done.then(() => waiting.delete(done));
    await sleep(GAP_MS);
  }
  await Promise.all(waiting);
  return knocked;
}

/** Bytes as they are; the status of the first answer. */
function raw(bytes: string | Buffer, waitMs = ANSWER_MS): Knock {
  return ({ url }) =>
    new Promise((resolve) => {
      const socket = connect(Number(url.port), url.hostname);
      let text = '';
      const end = (): void => {
        clearTimeout(late);
        socket.destroy();
        resolve(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 'closed');
      };
      const late = setTimeout(end, waitMs);
      socket.on('error', end).on('close', end);
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1').slice(0, 100);
        if (text.length > 12 && waitMs === ANSWER_MS) end();
      });
      socket.write(bytes);
    });
}

const HOST = 'Host: 127.0.0.1\r\n';
const get = (path: string, headers = ''): string => `GET ${path} HTTP/1.1\r\n${HOST}${headers}\r\n`;

function post(role: AskedRole, contentType: string, body: string | Buffer, headers = {}): Knock {
  return async ({ url, serial, accepted, random }) => {
    const id = `${FOREIGN}-door-${url.port}-${serial}-${random.below(1e9)}`;
    const response = await fetch(new URL(`/v1/${role}`, url), {
      method: 'POST',
      headers: { 'content-type': contentType, 'ce-id': id, ...headers },
      body,
      signal: AbortSignal.timeout(ANSWER_MS * 4),
    });
    await response.arrayBuffer();
    if (response.status === 202 && !('ce-id' in headers)) accepted(role, id);
    return String(response.status);
  };
}

const oneOfKnocks =
  (...knocks: readonly [Knock, ...Knock[]]): Knock =>
  (door) =>
    oneOf(knocks, door.random)(door);

const follow =
  (path: string): Knock =>
  async ({ url, random }) => {
    const controller = new AbortController();
    const response = await fetch(new URL(path, url), { signal: controller.signal });
    const timer = setTimeout(() => controller.abort(), random.below(2000));
    await response.arrayBuffer().catch(() => undefined);
    clearTimeout(timer);
    return String(response.status);
  };

const KNOCKS: Readonly<Record<string, Knock>> = {
  'no HTTP': oneOfKnocks(raw('hello\r\n\r\n'), raw(Buffer.alloc(3000, 255)), raw('\u0016\u0003\u0001\u0002')),
  'a version that is none': raw(`GET / HTTP/9.9\r\n${HOST}\r\n`),
  'no host, or two': oneOfKnocks(raw('GET /v1/status HTTP/1.1\r\n\r\n'), raw(get('/v1/status', HOST))),
  'a host of another': oneOfKnocks(
    raw('GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n'),
    raw('GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n'),
    raw(get('/v1/status', 'Origin: https://evil.example\r\n')),
    raw(get('/v1/status', 'Sec-Fetch-Site: cross-site\r\n')),
  ),
  'huge headers': oneOfKnocks(
    raw(get('/', `X: ${'x'.repeat(100_000)}\r\n`)),
    raw(get('/', Array.from({ length: 5000 }, (_, index) => `X${index}: y\r\n`).join(''))),
    raw(get(`/${'p'.repeat(50_000)}`)),
  ),
  'headers that are none': oneOfKnocks(
    raw(get('/v1/status', 'no colon\r\n')),
    raw(get('/v1/status', ': empty\r\n')),
    raw(get('/v1/status', 'X: a\u0000b\r\n')),
    raw(get('/v1/status', ' folded\r\n')),
  ),
  'lengths that lie': oneOfKnocks(
    raw(`POST /v1/queries HTTP/1.1\r\n${HOST}Content-Length: -1\r\n\r\nx`),
    raw(
      `POST /v1/queries HTTP/1.1\r\n${HOST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ),
    raw(`POST /v1/queries HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\nzz\r\n`),
    raw(`POST /v1/queries HTTP/1.1\r\n${HOST}Content-Length: 99999999999999\r\n\r\nx`),
  ),
  'a post that stalls': oneOfKnocks(
    raw(
      `POST /v1/queries HTTP/1.1\r\n${HOST}Content-Length: 30000000\r\n\r\n${'x'.repeat(60_000)}`,
      STALLED_MS,
    ),
    raw(`POST /v1/samples HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n`, STALLED_MS),
    raw('GET /v1/predictions HTTP/1.1\r\nHost: 127', STALLED_MS),
  ),
  'many requests at once': raw(get('/healthz').repeat(60)),
  'paths that are odd': oneOfKnocks(
    raw(get('/%F0%9F')),
    raw(get('/%E0%A4%A')),
    raw(get('/console/../../../../etc/passwd')),
    raw(get('/console/%2e%2e/%2e%2e/etc/passwd')),
    raw(get('//evil.example/v1/status')),
    raw(get('/v1/predictions?from=%00&bodies=%FF')),
    raw(get('http://evil.example/v1/status')),
    raw(get('*')),
  ),
  'methods that are odd': oneOfKnocks(
    raw(`TRACE / HTTP/1.1\r\n${HOST}\r\n`),
    raw(`CONNECT x:1 HTTP/1.1\r\n${HOST}\r\n`),
    raw(`DELETE /v1/queries HTTP/1.1\r\n${HOST}\r\n`),
    raw(`GET /v1/events HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
    raw(`POST /v1/queries HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc`),
  ),
  'a query that is odd': oneOfKnocks(
    post('queries', 'image/png', Buffer.alloc(100)),
    post('queries', 'image/png', Buffer.alloc(LARGEST)),
    post('queries', 'application/json', '[1,2'),
    post('queries', 'Application/JSON', '\ufeff[1,2]'),
    post('queries', 'application/x-float32', Buffer.alloc(768, 0x3d)),
    post('queries', 'text/plain', 'hello'),
    post('queries', 'application/cloudevents-batch+json', '[]'),
    post('queries', 'application/json', '[1]', { 'ce-time': 'yesterday' }),
    post('queries', 'application/json', '[1]', { 'ce-specversion': '2.0' }),
    post('queries', 'application/json', '[1]', { 'ce-id': '%E0%A4%A' }),
    post('queries', 'application/json', '[1]', { 'ce-__proto__': 'x' }),
    post('queries', 'application/json', '', { 'ce-truth': 'ol\u00e9' }),
  ),
  'a sample that is odd': oneOfKnocks(
    post('samples', 'application/json', '[1]'),
    post('samples', 'application/json', '[1]', { 'ce-label': 'unknown', 'ce-task': FOREIGN }),
    post('samples', 'image/jpeg', Buffer.alloc(5000, 1), { 'ce-label': '%00', 'ce-task': FOREIGN }),
    post('samples', 'application/x-float32', Buffer.alloc(768, 0x3d), {
      'ce-label': FOREIGN,
      'ce-task': FOREIGN,
    }),
  ),
  'a command that is odd': oneOfKnocks(
    post('commands', 'application/json', '{"kind":"relearn","classes":["none"]}'),
    post('commands', 'application/json', '{"kind":"unlearn"}'),
    post('commands', 'application/json', '{'),
    post('commands', 'application/json', `{"kind":"unlearn","samples":["${'x'.repeat(100)}"]}`),
  ),
  'a follower': oneOfKnocks(
    follow('/v1/predictions'),
    follow('/v1/predictions?from=earliest&bodies=whole'),
    follow('/v1/events?from=earliest'),
    follow('/v1/dead-letters?from=earliest'),
    follow('/v1/audit?from=earliest&bodies=whole'),
    follow('/v1/events?from=yesterday'),
  ),
  'what is asked often': oneOfKnocks(
    follow('/metrics'),
    follow('/readyz'),
    follow('/v1/status'),
    follow('/console/'),
  ),
};
