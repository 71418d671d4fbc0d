import { connect } from 'node:net';
import { CloudEvent, HTTP } from 'cloudevents';
import { Hono } from 'hono';
import { EMPTY, firstValueFrom, map, type Observable, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { delegating } from '../../../../src/adapters/delegating.js';
import type { EventLog } from '../../../../src/adapters/eventLog.js';
import { createGatewayClient } from '../../../../src/adapters/http/client.js';
import { createGateway, type GatewayOptions } from '../../../../src/adapters/http/gateway.js';
import { type HttpServer, listen } from '../../../../src/adapters/http/server.js';
import { createMemoryLog } from '../../../../src/adapters/memory/log/memoryLog.js';
import { guardedDoors } from '../../../../src/app/guardedDoors.js';
import {
  decodeCommand,
  decodeEvent,
  decodePrediction,
  decodeQuery,
  decodeSample,
  encodeCommand,
  encodeEvent,
  encodePrediction,
  encodeQuery,
  encodeSample,
} from '../../../../src/domain/cloudEvents.js';
import type { Prediction } from '../../../../src/domain/messages/prediction.js';
import type { LogRecord } from '../../../../src/domain/record.js';
import { topicsUnder } from '../../../../src/domain/topics.js';
import { rawConnection } from '../../../support/rawConnection.js';
import { settled } from '../../../support/settled.js';

const topics = topicsUnder('lethe.');
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function gatewayUnderTest(changes: Partial<GatewayOptions> = {}, records = 100) {
  const log = createMemoryLog({ partitions: 2, capacity: { records, bytes: 1e6 } });
  cleanups.push(() => log.close());
  const status = async () => ({ classes: 3 });
  const accepting = () => true;
  const gateway = createGateway({
    log,
    topics,
    modelName: 'main',
    status,
    accepting,
    bodyBytes: 1000,
    inFlightBytes: 2500,
    waiting: 2,
    followers: 3,
    backlogs: 1,
    waitSeconds: 5,
    waiters: 10,
    ...changes,
  });
  return { log, gateway };
}

async function serving(changes: Partial<GatewayOptions> = {}, records?: number) {
  const { log, gateway } = gatewayUnderTest(changes, records);
  const server = await listen(gateway, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  return { log, server, client: createGatewayClient({ url: server.url }) };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function reading(log: EventLog, topic: string): Observable<LogRecord> {
  return log.read({ topics: [topic], group: 'test', maxInFlight: 10 });
}

const errorSchema = z.object({ error: z.object({ code: z.string(), field: z.string().optional() }) });

async function errorOf(answer: Response) {
  return errorSchema.parse(await answer.json()).error;
}

const image = { kind: 'image', contentType: 'image/png', bytes: Buffer.from([1, 2, 3]) } as const;
const prediction: Prediction = {
  queryId: 'q',
  label: 'a',
  probabilities: [],
  route: 'model',
  evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
  modelVersion: 'v1',
  registryVersion: 0,
  latencyMs: 1,
};

describe('the gateway', () => {
  it('takes CloudEvents of the HTTP binding and writes them under the right key', async () => {
    const { log, gateway } = gatewayUnderTest();
    const event = new CloudEvent({
      id: 's1',
      type: 'lethe.sample',
      source: '/me',
      datacontenttype: 'image/png',
      data: image.bytes,
      label: 'cat',
      task: 't1',
    });
    const { headers } = HTTP.binary(event);
    const sent = Object.entries(headers).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    );
    const answer = await gateway.request('/v1/samples', { method: 'POST', headers: sent, body: image.bytes });
    expect([answer.status, await answer.json()]).toEqual([202, { id: 's1' }]);
    const record = await firstValueFrom(reading(log, topics.samples));
    expect(record.key).toBe('cat');
    expect(record.headers).toMatchObject({ ce_source: '/me', ce_time: event.time });
    expect(decodeSample(record)).toEqual({ id: 's1', label: 'cat', task: 't1', payload: image });
  });

  it('asks for no more than a body and its type where the rest follows from the route', async () => {
    const { log, gateway } = gatewayUnderTest();
    const headers = { 'content-type': 'image/png', 'ce-truth': 'K%C3%A4tzchen' };
    const answer = await gateway.request('/v1/queries', { method: 'POST', headers, body: image.bytes });
    const { id } = z.object({ id: z.string() }).parse(await answer.json());
    const record = await firstValueFrom(reading(log, topics.queries));
    expect(decodeQuery(record)).toEqual({ id, truth: 'Kätzchen', payload: image });
    expect(record.key).toBe(id);
  });

  it('refuses what the decoders refuse, with the reason', async () => {
    const { gateway } = gatewayUnderTest();
    const post = async (path: string, contentType: string, body: string | Buffer, headers = {}) => {
      const init = { method: 'POST', headers: { 'content-type': contentType, ...headers }, body };
      const answer = await gateway.request(path, init);
      return { status: answer.status, ...(await errorOf(answer)) };
    };
    const json = 'application/json';
    expect(await post('/v1/commands', json, '{"kind":"forget"}')).toMatchObject({
      status: 400,
      code: 'unknown-command',
      field: 'data.kind',
    });
    expect(await post('/v1/commands', json, '{"kind":')).toMatchObject({
      status: 400,
      code: 'invalid-message',
    });
    expect(await post('/v1/samples', 'image/png', 'x')).toMatchObject({
      status: 400,
      code: 'invalid-message',
      field: 'label',
    });
    expect(await post('/v1/queries', 'image/png', '')).toMatchObject({ status: 400, code: 'empty-payload' });
    expect(await post('/v1/queries', 'image/gif', 'x')).toMatchObject({
      status: 415,
      code: 'unsupported-format',
    });
    expect(await post('/v1/queries', 'application/cloudevents+json', '{}')).toMatchObject({ status: 415 });
    expect(
      await post('/v1/queries', 'image/png', 'x', { 'ce-specversion': '0.3', 'ce-dataschema': 'x' }),
    ).toMatchObject({
      status: 400,
      code: 'invalid-message',
    });
    expect(await post('/v1/queries', 'image/png', Buffer.alloc(1001))).toMatchObject({
      status: 413,
      code: 'image-too-large',
    });
  });

  it('decodes header values as the HTTP binding says: quoted, percent-encoded, or in UTF-8 as they are', async () => {
    const { log, gateway } = gatewayUnderTest();
    const bytes = (text: string): string => Buffer.from(text).toString('latin1');
    const sent = [
      'K%C3%A4tzchen%20%E7%8C%AB',
      bytes('Kätzchen 猫'),
      `"${bytes('Kätzchen 猫')}"`,
      '"K%c3%a4tzchen \\%E7%8C%AB"',
      bytes('Ka\u0308tzchen 猫'),
    ];
    for (const label of sent) {
      const headers = { 'content-type': 'IMAGE/PNG; q=1', 'ce-id': 's', 'ce-label': label, 'ce-task': 't' };
      const answer = await gateway.request('/v1/samples', { method: 'POST', headers, body: image.bytes });
      expect(answer.status, label).toBe(202);
    }
    const records = await firstValueFrom(reading(log, topics.samples).pipe(take(sent.length), toArray()));
    for (const record of records) {
      expect(record.key).toBe('Kätzchen 猫');
      expect(decodeSample(record)).toEqual({ id: 's', label: 'Kätzchen 猫', task: 't', payload: image });
    }
  });

  it.each([
    ['a percent sign alone', { 'ce-truth': '100%' }, 'ce-truth'],
    ['no hexadecimal digits', { 'ce-truth': '%zz' }, 'ce-truth'],
    ['bytes that are no UTF-8', { 'ce-truth': 'caf\u00e9' }, 'ce-truth'],
    ['an overlong encoding', { 'ce-truth': '%C0%A0' }, 'ce-truth'],
    ['a time that is none', { 'ce-time': 'yesterday' }, 'time'],
    ['another version', { 'ce-specversion': '2.0' }, 'specversion'],
    ['an empty id', { 'ce-id': '' }, 'id'],
    ['an empty source', { 'ce-source': '' }, 'source'],
    ['an empty type', { 'ce-type': '' }, 'type'],
    ['an encoded line break', { 'ce-id': 'a%0Ab' }, 'id'],
    ['an invisible character', { 'ce-truth': 'ca%E2%80%8Bt' }, 'truth'],
    ['a second content type', { 'ce-datacontenttype': 'image/png' }, 'ce-datacontenttype'],
  ])('refuses %s, and names the header or attribute', async (_, headers, field) => {
    const { gateway } = gatewayUnderTest();
    const init = { method: 'POST', headers: { 'content-type': 'image/png', ...headers }, body: 'x' };
    const answer = await gateway.request('/v1/queries', init);
    expect([answer.status, await errorOf(answer)]).toMatchObject([400, { code: 'invalid-message', field }]);
  });

  it('takes commands with a byte order mark, of any spelling of their content type', async () => {
    const { log, gateway } = gatewayUnderTest();
    const headers = { 'content-type': 'Application/JSON; charset=UTF-8' };
    const body = '\ufeff{"kind":"relearn","classes":["a"]}';
    const answer = await gateway.request('/v1/commands', { method: 'POST', headers, body });
    expect(answer.status).toBe(202);
    const record = await firstValueFrom(reading(log, topics.commands));
    expect(decodeCommand(record)).toMatchObject({ kind: 'relearn', classes: ['a'] });
  });

  it('says that a path is not there', async () => {
    expect((await gatewayUnderTest().gateway.request('/v1/nothing')).status).toBe(404);
  });

  it('refuses to follow until what is no end', async () => {
    for (const query of ['from=earliest&until=yesterday', 'until=end']) {
      const answer = await gatewayUnderTest().gateway.request(`/v1/events?${query}`);
      expect([answer.status, (await errorOf(answer)).field]).toEqual([400, 'until']);
    }
  });

  it('refuses to follow from nowhere', async () => {
    for (const from of ['yesterday', '0/', '0/-1', '0/1,', '0/1;1/1', '0/1', '2/0', '99999/0']) {
      const answer = await gatewayUnderTest().gateway.request(`/v1/events?from=${from}`);
      expect([answer.status, (await errorOf(answer)).field], from).toEqual([400, 'from']);
    }
  });

  it('tells a follower that reads nothing why it is cut off, and from where to go on', async () => {
    const log = createMemoryLog({ partitions: 1, capacity: { records: 100, bytes: 1e8 } });
    cleanups.push(() => log.close());
    const { server } = await serving({ log });
    const large = { topic: topics.events, key: 'k', value: Buffer.from(`"${'x'.repeat(4e5)}"`) };
    const headers = { ce_type: 'x', 'content-type': 'application/json' };
    const get = (from: string) => `GET /v1/events?from=${from} HTTP/1.1\r\nhost: x\r\n\r\n`;
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const follower = await rawConnection(server.url);
    cleanups.push(async () => follower.close());
    follower.send(get('latest'));
    await follower.until('200 OK');
    follower.pause();
    for (let i = 0; i < 40; i++) await log.publish([{ ...large, headers }]);
    await vi.advanceTimersByTimeAsync(600_000);
    follower.resume();
    await follower.until('event: error');
    const told: unknown = JSON.parse(/event: error\ndata: (.*)\n/.exec(follower.text())?.[1] ?? '');
    const { error, from } = z.object({ error: z.unknown(), from: z.string() }).parse(told);
    expect(error).toMatchObject({ code: 'timed-out', remedy: expect.stringContaining('from') });
    const sent = follower.text().match(/event: x/g)?.length ?? 0;
    expect(sent).toBeLessThan(40);
    vi.useRealTimers();
    const next = await rawConnection(server.url);
    cleanups.push(async () => next.close());
    next.send(get(from));
    await expect.poll(() => next.text().match(/event: x/g)?.length).toBe(40 - sent);
  });

  it('waits while the log is full, and refuses those for whom there is no room to wait', async () => {
    const { log, gateway } = gatewayUnderTest({}, 1);
    const held: LogRecord[] = [];
    reading(log, topics.queries).subscribe((record) => held.push(record));
    const ask = () =>
      gateway.request('/v1/queries', { method: 'POST', headers: { 'content-type': 'image/png' }, body: 'x' });
    expect((await ask()).status).toBe(202);
    const waiting = [ask(), ask()];
    const refused = await ask();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    for (let i = 0; i < 2; i++) await log.settle('test', settled(held.slice(i, i + 1)));
    expect((await Promise.all(waiting)).map((answer) => answer.status)).toEqual([202, 202]);
  });

  it('takes no more bodies than its budget covers, and others when they are through', async () => {
    const { log, gateway } = gatewayUnderTest({ waiting: 100 }, 1);
    const held: LogRecord[] = [];
    reading(log, topics.queries).subscribe((record) => held.push(record));
    const ask = (headers: Record<string, string> = {}) => {
      const init = { headers: { 'content-type': 'image/png', ...headers }, body: Buffer.alloc(900) };
      return gateway.request('/v1/queries', { method: 'POST', ...init });
    };
    expect((await ask()).status).toBe(202);
    const waiting = [ask(), ask({ 'content-length': '900' })];
    // The log is full: two bodies wait, and a third one of their size is more than 2,500 bytes.
    for (const headers of [{}, { 'content-length': '900' }]) {
      const refused = await ask(headers);
      expect([refused.status, (await errorOf(refused)).field]).toEqual([503, 'http.inFlightBytes']);
      expect(refused.headers.get('retry-after')).toBe('1');
    }
    for (let i = 0; i < 2; i++) {
      await expect.poll(() => held).toHaveLength(i + 1);
      await log.settle('test', settled(held.slice(i, i + 1)));
    }
    expect((await Promise.all(waiting)).map((answer) => answer.status)).toEqual([202, 202]);
    await log.settle('test', settled(held.slice(2)));
    expect((await ask()).status).toBe(202);
  });

  it('answers what is not there, and other methods, as JSON', async () => {
    const { gateway } = gatewayUnderTest();
    for (const [method, path, status] of [
      ['GET', '/v1/nothing', 404],
      ['DELETE', '/v1/queries', 405],
      ['POST', '/v1/predictions', 405],
    ] as const) {
      const answer = await gateway.request(path, { method });
      expect([answer.status, await errorOf(answer)]).toEqual([
        status,
        expect.objectContaining({ code: 'invalid-message', field: status === 404 ? 'path' : 'method' }),
      ]);
    }
  });
});

describe('a gateway that is not ready', () => {
  it('refuses messages for now', async () => {
    const { gateway } = gatewayUnderTest({ accepting: () => false });
    const init = { method: 'POST', headers: { 'content-type': 'image/png' }, body: 'x' };
    const answer = await gateway.request('/v1/queries', init);
    expect([answer.status, (await errorOf(answer)).code]).toEqual([503, 'overloaded']);
    expect((await gateway.request('/v1/status')).status).toBe(200);
  });
});

describe('the client of the gateway', () => {
  it('sends samples, queries and commands, whatever characters they use', async () => {
    const { log, client } = await serving();
    const sample = { id: 'ü %1', label: 'Katze "猫" 100 %', task: 't 1', payload: image };
    const query = {
      id: 'q',
      truth: 'Ätna',
      payload: { kind: 'vector' as const, vector: Float32Array.of(1, 2) },
    };
    const command = { id: 'c', kind: 'unlearn', classes: ['Katze 猫'] } as const;
    let sent = 0;
    await client.publish(
      [
        encodeSample(sample, client.topics),
        encodeQuery(query, client.topics),
        encodeCommand({ ...command, classes: [...command.classes] }, 'ignored', client.topics),
      ],
      () => sent++,
    );
    expect(sent).toBe(3);
    expect(decodeSample(await firstValueFrom(reading(log, topics.samples)))).toEqual(sample);
    expect(decodeQuery(await firstValueFrom(reading(log, topics.queries)))).toEqual(query);
    const received = await firstValueFrom(reading(log, topics.commands));
    expect(decodeCommand(received)).toEqual(command);
    expect(received.key).toBe('main');
  });

  it('refuses half of a character before it is sent, and sends what looks like an escape as it is', async () => {
    const { log, client } = await serving();
    expect(() => encodeQuery({ id: 'half \ud83d', payload: image }, client.topics)).toThrowError(/U\+D83D/);
    const id = '😀%zz%41';
    await client.publish([encodeQuery({ id, payload: image }, client.topics)]);
    expect((await firstValueFrom(reading(log, topics.queries))).key).toBe(id);
  });

  it('gives back the refusal as the error that it is', async () => {
    const { client } = await serving();
    const record = encodeQuery({ id: 'q', payload: image }, client.topics);
    const broken = { ...record, headers: { ...record.headers, 'content-type': 'image/gif' } };
    await expect(client.publish([broken])).rejects.toMatchObject({
      code: 'unsupported-format',
      field: 'datacontenttype',
      value: 'image/gif',
    });
  });

  it('follows a topic from the moment on at which tail resolves', async () => {
    const { log, client } = await serving();
    await log.publish([encodePrediction({ ...prediction, queryId: 'early' }, topics)]);
    const followed = firstValueFrom((await client.tail('predictions')).pipe(map(decodePrediction)));
    await log.publish([encodePrediction({ ...prediction, queryId: 'late' }, topics)]);
    expect((await followed).queryId).toBe('late');
  });

  it('follows a topic from the earliest record that is kept', async () => {
    const { log, client } = await serving();
    const events = ['a', 'b', 'c'].map(
      (commandId) => ({ kind: 'command-ignored', commandId, command: 'learn' }) as const,
    );
    await log.publish(events.map((event) => encodeEvent(event, 'main', topics)));
    const followed = (await client.tail('events', 'earliest')).pipe(take(3), map(decodeEvent), toArray());
    expect(await firstValueFrom(followed)).toEqual(events);
  });

  it('shows dead letters with their headers, without their payload', async () => {
    const { log, client } = await serving();
    const tail = await client.tail('dead-letters');
    const headers = { 'content-type': 'application/json', 'lethe-reason': 'invalid-message' };
    await log.publish([
      { topic: topics['dead-letters'], key: 'k', value: Buffer.from('{broken'), headers },
      {
        topic: topics['dead-letters'],
        key: 'k',
        value: Buffer.alloc(500),
        headers: { ...headers, 'content-type': 'image/png' },
      },
    ]);
    const letters = await firstValueFrom(tail.pipe(take(2), toArray()));
    expect(
      letters.map((letter) => [letter.key, letter.headers['lethe-reason'], letter.value.length]),
    ).toEqual([
      ['k', 'invalid-message', 0],
      ['k', 'invalid-message', 0],
    ]);
  });

  it('shows records whatever their producers call them', async () => {
    const { log, client } = await serving();
    const types = ['x\ny', 'x\r\nid: 9/9', '\0', '', 'end', 'error', '\u001b[2J', '\u2028', 'x: y'];
    const letters = types.map((ce_type) => ({
      topic: topics['dead-letters'],
      key: null,
      value: Buffer.from(ce_type),
      headers: { ce_type },
    }));
    const followed = (await client.tail('dead-letters')).pipe(take(types.length), toArray());
    const live = firstValueFrom(followed);
    await log.publish(letters);
    const typesOf = (records: readonly LogRecord[]) => records.map(({ headers }) => headers.ce_type);
    expect(typesOf(await live).sort()).toEqual([...types].sort());
    const kept = await collect(client.kept('dead-letters'));
    expect(typesOf(kept).sort()).toEqual([...types].sort());
    expect(kept.map(({ value }) => value.toString()).sort()).toEqual([...types].sort());
  });

  it('reads what a topic keeps to its end, and no further', async () => {
    const { log, client } = await serving();
    expect(await collect(client.kept('events'))).toEqual([]);
    const event = { kind: 'command-ignored', commandId: 'a', command: 'learn' } as const;
    const publish = () => log.publish([encodeEvent(event, 'main', topics)]);
    for (let i = 0; i < 5; i++) await publish();
    let seen = 0;
    // One more comes with each that is read.
    for await (const _ of client.kept('events')) {
      seen++;
      await publish();
    }
    expect(seen).toBe(5);
  });

  it('fails where the log closes before the end of what is kept', async () => {
    const { log, server } = await serving();
    const silent: EventLog = { ...delegating(log, {}), read: () => EMPTY };
    await log.publish([encodePrediction(prediction, topics)]);
    const { gateway } = gatewayUnderTest({ log: silent });
    const broken = await listen(gateway, { host: '127.0.0.1', port: 0 });
    cleanups.push(() => broken.close());
    const client = createGatewayClient({ url: broken.url });
    await expect(collect(client.kept('predictions'))).rejects.toMatchObject({
      code: 'unreachable',
      field: 'topic',
    });
    expect(await collect(createGatewayClient({ url: server.url }).kept('predictions'))).toHaveLength(1);
  });

  it('says at once that the log is away, and why, instead of beginning with silence', async () => {
    const memory = createMemoryLog({ partitions: 2, capacity: { records: 9, bytes: 1e6 } });
    const stopped = delegating(memory, { ends: () => new Promise(() => undefined) });
    const { client, server } = await serving({
      log: stopped,
      logAway: () => 'offsets of lethe.audit: Connection error: ECONNREFUSED',
      patienceMs: 20,
    });
    // As many times as there are places for backlogs, and once more: none is kept.
    for (let asked = 0; asked < 2; asked++)
      await expect(collect(client.kept('audit'))).rejects.toMatchObject({
        code: 'unreachable',
        value: 'lethe.audit',
        retriable: true,
        message: expect.stringContaining('ECONNREFUSED'),
      });
    const answer = await fetch(`${server.url}/v1/audit?from=earliest&until=end`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('fails where the gateway breaks off without saying that all was sent', async () => {
    const app = new Hono().get('/v1/audit', (context) =>
      context.body(
        'event: x\nid: 0/0\ndata: {"topic":"t","partition":0,"offset":"0","key":null,"timestamp":-1,"headers":{},"bytes":0,"base64":""}\n\n',
      ),
    );
    const server = await listen(app, { host: '127.0.0.1', port: 0 });
    cleanups.push(() => server.close());
    const read: LogRecord[] = [];
    const reading = async () => {
      for await (const record of createGatewayClient({ url: server.url }).kept('audit')) read.push(record);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'unreachable', value: 'audit' });
    expect(read).toHaveLength(1);
  });

  it('leaves no reader behind when it stops following', async () => {
    const { log, client } = await serving({}, 4);
    const one = firstValueFrom(await client.tail('predictions'));
    await log.publish([encodePrediction(prediction, topics)]);
    await one;
    const record = () => encodePrediction(prediction, topics);
    for (let i = 0; i < 20; i++) await log.publish([record()]);
  });

  it('ends a tail when the log closes', async () => {
    const { log, client } = await serving();
    const all = firstValueFrom((await client.tail('events')).pipe(toArray()));
    await log.close();
    expect(await all).toEqual([]);
  });

  it('brings the token, and says what to do without it', async () => {
    const { gateway } = gatewayUnderTest();
    const token = 'correct-horse-battery';
    const routes = new Hono()
      .route('/', guardedDoors({ token, hosts: [], commandsPerMinute: 10 }))
      .route('/', gateway);
    const { url, close } = await listen(routes, { host: '127.0.0.1', port: 0 });
    cleanups.push(close);
    expect(await createGatewayClient({ url, token }).status()).toEqual({ classes: 3 });
    await expect(createGatewayClient({ url }).status()).rejects.toMatchObject({
      code: 'unreachable',
      remedy: expect.stringContaining('LETHE_HTTP__TOKEN'),
    });
  });

  it('says how to start a Lethe where none answers', async () => {
    const { server } = await serving();
    await server.close();
    await expect(createGatewayClient({ url: server.url }).status()).rejects.toMatchObject({
      code: 'unreachable',
      value: server.url,
      remedy: expect.stringContaining('lethe run'),
    });
  });
});

/** Writes to a socket as it is; what came back when it was closed. */
async function raw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString();
  });
  socket.on('error', () => undefined);
  socket.write(text);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

describe('the server', () => {
  it('answers 408 and hangs up where a body, or headers, do not come', async () => {
    const { gateway } = gatewayUnderTest();
    const server = await listen(gateway, { host: '127.0.0.1', port: 0 }, { connections: 10, requestMs: 200 });
    cleanups.push(() => server.close());
    const stalled = 'POST /v1/queries HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\nabc';
    expect(await raw(server.url, stalled)).toContain('408 Request Timeout');
    expect(await raw(server.url, 'POST /v1/queries HTTP/1.1\r\nhos')).toContain('408 Request Timeout');
    // What they had reserved is free again.
    const init = { method: 'POST', headers: { 'content-type': 'image/png' }, body: Buffer.alloc(900) };
    for (let i = 0; i < 5; i++) expect((await fetch(`${server.url}/v1/queries`, init)).status).toBe(202);
  });

  it.each([
    ['a path that is no URI', 'GET /%E0%A4%A /HTTP/1.1\r\n\r\n'],
    ['a broken percent', 'GET /v1/%zz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'],
    [
      'a query that is broken',
      'GET /v1/events?from=%E0%A4%A HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    ],
    [
      'two lengths',
      'POST /v1/queries HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na',
    ],
    [
      'an absurd length',
      'POST /v1/queries HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 99999999999999999999\r\n\r\na',
    ],
    ['no method that there is', 'BREW /v1/queries HTTP/1.1\r\nhost: x\r\n\r\n'],
    ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`],
    ['no host at all', 'GET /v1/status HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['bytes', '\u0000\u0001\u0002\r\n\r\n'],
  ])('refuses %s, and goes on', async (_, text) => {
    const { server } = await serving();
    expect(await raw(server.url, text)).toMatch(/^HTTP\/1\.1 (4\d\d) /);
    expect((await fetch(`${server.url}/v1/status`)).status).toBe(200);
  });

  it('takes so many connections at a time', async () => {
    const { gateway } = gatewayUnderTest();
    const address = { host: '127.0.0.1', port: 0 };
    const server = await listen(gateway, address, { connections: 1, requestMs: 1000 });
    cleanups.push(() => server.close());
    const { hostname, port } = new URL(server.url);
    const first = connect(Number(port), hostname);
    cleanups.push(async () => void first.destroy());
    await new Promise((resolve) => first.once('connect', resolve));
    expect(await raw(server.url, 'GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('');
  });

  it('says that its port is in use', async () => {
    const { server } = await serving();
    const port = Number(new URL(server.url).port);
    const second: Promise<HttpServer> = listen(gatewayUnderTest().gateway, { host: '127.0.0.1', port });
    await expect(second).rejects.toMatchObject({
      code: 'config-invalid',
      field: 'http.port',
      value: String(port),
    });
  });
});
