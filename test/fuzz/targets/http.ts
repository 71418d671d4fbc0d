import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { firstValueFrom, toArray } from 'rxjs';
import { eventOf, membersOf } from '../../../src/adapters/http/batch.js';
import { createGatewayClient } from '../../../src/adapters/http/client.js';
import { eventOfRequest, receive } from '../../../src/adapters/http/ingress.js';
import { encodeCommand } from '../../../src/domain/cloudEvents.js';
import { topicsUnder } from '../../../src/domain/topics.js';
import { type FuzzTarget, fuzzTarget } from '../fuzzTarget.js';
import { bytes, mutated } from '../mutations.js';
import { nearlyJson } from '../nearlyJson.js';
import { EVENTS } from './messages.js';

const topics = topicsUnder('');
const NAMES = [
  'ce-id',
  'ce-type',
  'ce-source',
  'ce-specversion',
  'ce-time',
  'ce-label',
  'ce-task',
  'ce-truth',
];
const VALUES = [
  ...['', '1.0', '0.3', 'cat', '%E0%A4%A', '%00', '%ED%A0%80', 'lethe.query', 'lethe.command', 'yesterday'],
  ...['2026-01-31T12:00:00Z', 'x'.repeat(300), '%22%5B%5D', 'a,b', 'application/json', 'true', '-0'],
];
const TYPES = [
  ...['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/x-float32'],
  ...['image/png', 'image/jpeg;', 'application/cloudevents+json', 'application/cloudevents-batch+json'],
  ...['application/vnd.api+json', 'text/plain', 'text/json', '', 'multipart/form-data; boundary=x'],
];

const BATCH = [
  { id: 'q1', specversion: '1.0', truth: 'cat', data: [0.5, 1] },
  { id: 'q2', datacontenttype: 'image/png', data_base64: 'iVBORw0K', time: '2026-01-31T12:00:00Z', n: 1 },
];

/** What comes in over HTTP, and what a client is answered. */
export async function httpTargets(): Promise<FuzzTarget[]> {
  const name = fc.oneof(
    fc.constantFrom(
      ...NAMES,
      'ce-__proto__',
      'ce-constructor',
      'ce-data',
      'ce-datacontenttype',
      'traceparent',
    ),
    fc.stringMatching(/^ce-[a-z0-9-]{1,6}$/),
  );
  const value = fc.oneof(fc.constantFrom(...VALUES), fc.stringMatching(/^[ -~]{0,8}$/));
  const requests = fc.record({
    role: fc.constantFrom('samples' as const, 'queries' as const, 'commands' as const),
    type: fc.option(fc.constantFrom(...TYPES)),
    headers: fc.array(fc.tuple(name, value), { maxLength: 4 }),
    body: fc.oneof(nearlyJson([{ kind: 'unlearn', classes: ['cat'] }, [0.5, 1]]), bytes(40)),
  });
  return [
    fuzzTarget('HTTP: message', 8, requests, ({ role, type, headers, body }) => {
      const all = new Headers(headers);
      if (type !== null) all.set('content-type', type);
      return receive(role, eventOfRequest(all, body), { topics, modelName: 'main' });
    }),
    fuzzTarget('HTTP: batch', 2, nearlyJson([BATCH]), (body) => {
      for (const member of membersOf(body))
        receive('queries', eventOf(member), { topics, modelName: 'main' });
    }),
    await clientTarget(),
  ];
}

/** A gateway that answers anything, and the real client before it. */
async function clientTarget(): Promise<FuzzTarget> {
  let answer: { readonly status: number; readonly body: Buffer } = { status: 200, body: Buffer.alloc(0) };
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(answer.status, { 'content-type': 'text/event-stream' }).end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  const client = createGatewayClient({ url: urlOf(server) });
  const shown = {
    ...{ topic: 'events', partition: 0, offset: '1', key: null, timestamp: 1, bytes: 2 },
    ...{ headers: { ce_type: 'lethe.event' }, data: EVENTS[0] },
  };
  const refusal = { error: { code: 'overloaded', message: 'why', remedy: 'what to do' } };
  const stream = nearlyJson([shown]).map((json) =>
    Buffer.concat([Buffer.from('id: 0/1\ndata: '), json, Buffer.from('\n\n')]),
  );
  const answers = fc.record({
    status: fc.constantFrom(200, 200, 200, 202, 204, 400, 401, 429, 500, 503),
    body: fc.oneof(
      stream,
      stream.chain((one) => mutated([one])),
      nearlyJson([refusal, shown]),
    ),
  });
  const command = encodeCommand({ id: 'c', kind: 'relearn', classes: ['cat'] }, 'main', topics);
  return fuzzTarget('HTTP: answers to a client', 0.5, fc.tuple(answers, fc.nat(2)), async ([given, call]) => {
    answer = given;
    if (call === 0) await client.status();
    else if (call === 1) await client.publish([command]);
    else await firstValueFrom((await client.tail('events')).pipe(toArray()));
  });
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
