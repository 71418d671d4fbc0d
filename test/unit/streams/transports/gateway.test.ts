import { CloudEvent, HTTP } from 'cloudevents';
import { firstValueFrom, map, type Observable, take, toArray } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
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
import type { EventLog } from '../../../../src/streams/transports/eventLog.js';
import { createGatewayClient } from '../../../../src/streams/transports/http/client.js';
import { createGateway, type GatewayOptions } from '../../../../src/streams/transports/http/gateway.js';
import { type HttpServer, listen } from '../../../../src/streams/transports/http/server.js';
import { createMemoryLog } from '../../../../src/streams/transports/memory/memoryLog.js';
import { settled } from '../../../support/settled.js';

const topics = topicsUnder('lethe.');
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
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
    waiting: 2,
    ...changes,
  });
  return { log, gateway };
}

async function serving(changes: Partial<GatewayOptions> = {}, records?: number) {
  const { log, gateway } = gatewayUnderTest(changes, records);
  const server = await listen(gateway, { host: '127.0.0.1', port: 0 });
  cleanups.push(() => server.close());
  return { log, server, client: createGatewayClient({ url: server.url, token: changes.token }) };
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

  it('says that a path is not there', async () => {
    expect((await gatewayUnderTest().gateway.request('/v1/nothing')).status).toBe(404);
  });

  it('refuses to follow from nowhere', async () => {
    const answer = await gatewayUnderTest().gateway.request('/v1/events?from=yesterday');
    expect([answer.status, (await errorOf(answer)).field]).toEqual([400, 'from']);
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

  it('asks for the token where there is one', async () => {
    const { gateway } = gatewayUnderTest({ token: 'correct-horse-battery' });
    expect((await gateway.request('/v1/status')).status).toBe(401);
    const headers = { authorization: 'Bearer correct-horse-battery' };
    expect(await (await gateway.request('/v1/status', { headers })).json()).toEqual({ classes: 3 });
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
    const { client, server } = await serving({ token: 'correct-horse-battery' });
    expect(await client.status()).toEqual({ classes: 3 });
    await expect(createGatewayClient({ url: server.url }).status()).rejects.toMatchObject({
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

describe('the server', () => {
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
