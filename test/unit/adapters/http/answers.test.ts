import { filter, type Subscription } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createGateway, type GatewayOptions } from '../../../../src/adapters/http/gateway.js';
import { listen } from '../../../../src/adapters/http/server.js';
import { createMemoryLog } from '../../../../src/adapters/memory/log/memoryLog.js';
import {
  decodeCommand,
  decodeQuery,
  encodeEvent,
  encodePrediction,
  encodeSample,
} from '../../../../src/domain/cloudEvents.js';
import { deadLetter } from '../../../../src/domain/deadLetter.js';
import { LetheError } from '../../../../src/domain/errors.js';
import type { Command } from '../../../../src/domain/messages/command.js';
import type { LetheEvent } from '../../../../src/domain/messages/event.js';
import type { Prediction } from '../../../../src/domain/messages/prediction.js';
import type { LogRecord, OutgoingRecord } from '../../../../src/domain/record.js';
import { topicsUnder } from '../../../../src/domain/topics.js';
import { waitIdOf } from '../../../../src/domain/waitId.js';
import { settled } from '../../../support/settled.js';

const topics = topicsUnder('lethe.');
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function gatewayUnderTest(changes: Partial<GatewayOptions> = {}) {
  const log = createMemoryLog({ partitions: 2, capacity: { records: 100, bytes: 1e6 } });
  cleanups.push(() => log.close());
  const gateway = createGateway({
    ...{ log, topics, modelName: 'main', status: async () => ({}), accepting: () => true },
    ...{ bodyBytes: 10_000, inFlightBytes: 100_000, waiting: 100, followers: 3, backlogs: 1 },
    ...{ waitSeconds: 60, waiters: 10, ...changes },
  });
  return { log, gateway };
}
type Gateway = ReturnType<typeof gatewayUnderTest>['gateway'];
type Log = ReturnType<typeof gatewayUnderTest>['log'];

/** Another worker: does something with what comes, in its order. */
function working(
  log: Log,
  topic: string,
  work: (record: LogRecord) => readonly OutgoingRecord[],
): Subscription {
  const reading = log
    .read({ topics: [topic], group: 'worker', maxInFlight: 10 })
    .subscribe((input) => void log.settle('worker', [{ input, outputs: work(input) }]));
  cleanups.push(() => reading.unsubscribe());
  return reading;
}

function predictionOf(record: LogRecord, label: string | null = 'cat'): Prediction {
  return {
    queryId: decodeQuery(record).id,
    label,
    probabilities: [],
    route: 'model',
    evidence: { filtered: false, guarded: false, unlearnedSimilarity: null, remainingSimilarity: null },
    modelVersion: 'v1',
    registryVersion: 0,
    latencyMs: 1,
  };
}
const answer = (record: LogRecord, label?: string): OutgoingRecord[] => [
  encodePrediction(predictionOf(record, label), topics, waitIdOf(record)),
];
const told = (...events: LetheEvent[]): OutgoingRecord[] =>
  events.map((event) => encodeEvent(event, 'main', topics));

function ask(gateway: Gateway, path: string, { headers = {}, body = '[1,2]' } = {}) {
  const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
  return gateway.request(path, init);
}
function order(gateway: Gateway, command: object, wait = '5s', headers = {}) {
  return ask(gateway, `/v1/commands?wait=${wait}`, { headers, body: JSON.stringify(command) });
}

describe('a query that waits', () => {
  it.each([
    ['?wait=5s', {}, 'wait=5'],
    ['', { prefer: 'wait=5' }, 'wait=5'],
    ['', { prefer: 'respond-async, wait="7"; x=y' }, 'wait=7'],
    ['', { prefer: 'foo="a, wait=3", Wait=9, wait=2' }, 'wait=9'],
    ['?wait=1500ms', { prefer: 'wait=9' }, 'wait=2'],
    ['?wait=99999', {}, 'wait=60'],
    ['?wait', {}, 'wait=60'],
    ['', { prefer: 'wait' }, 'wait=60'],
  ])('is answered with its prediction: %s %o', async (query, headers, applied) => {
    const { log, gateway } = gatewayUnderTest();
    working(log, topics.queries, answer);
    const response = await ask(gateway, `/v1/queries${query}`, { headers: { 'ce-id': 'q', ...headers } });
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, applied]);
    expect(await response.json()).toMatchObject({ queryId: 'q', label: 'cat', route: 'model' });
  });

  it.each([
    ['', {}],
    ['', { prefer: 'respond-async' }],
    ['', { prefer: 'wait=soon' }],
    ['', { prefer: 'wait=-1, waiting=5' }],
    ['?wait=0', { prefer: 'wait=5' }],
  ])('does not wait where it is not asked to: %s %o', async (query, headers) => {
    const { gateway } = gatewayUnderTest();
    const response = await ask(gateway, `/v1/queries${query}`, { headers: { 'ce-id': 'q', ...headers } });
    expect([response.status, await response.json()]).toEqual([202, { id: 'q' }]);
    expect(response.headers.get('preference-applied')).toBeNull();
  });

  it.each(['soon', '-1', '5m', '1e3', '5s&wait=6s'])('is refused where it waits for %s', async (wait) => {
    const response = await ask(gatewayUnderTest().gateway, `/v1/queries?wait=${wait}`);
    expect([response.status, await response.json()]).toMatchObject([400, { error: { field: 'wait' } }]);
  });

  it('is answered 202 when its time is over, and stays in the log', async () => {
    const { log, gateway } = gatewayUnderTest({ waiters: 1 });
    for (const id of ['a', 'b']) {
      const response = await ask(gateway, '/v1/queries?wait=1ms', { headers: { 'ce-id': id } });
      expect([response.status, await response.json()]).toEqual([202, { id }]);
    }
    expect((await log.ends([topics.queries])).get(topics.queries)?.reduce((a, b) => a + b)).toBe(2n);
  });

  it('is answered with the refusal that became its dead letter', async () => {
    const { log, gateway } = gatewayUnderTest();
    const why = new LetheError('image-corrupt', 'it is cut off', { remedy: 'Send all of it.' });
    working(log, topics.queries, (record) => [deadLetter(record, why, topics['dead-letters'])]);
    const response = await ask(gateway, '/v1/queries?wait=5s');
    const { code, message, remedy } = why;
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: { code, message, remedy } },
    ]);
  });

  it('gets its own answer, whoever sends the same id, claims its answer or writes what is none', async () => {
    const { log, gateway } = gatewayUnderTest();
    let count = 0;
    working(log, topics.queries, (record) => [
      {
        topic: topics.predictions,
        key: 'q',
        value: Buffer.from('{'),
        headers: { ce_waitid: waitIdOf(record) ?? '' },
      },
      encodePrediction(predictionOf(record, 'stolen'), topics, 'another'),
      encodePrediction(predictionOf(record, 'stolen'), topics),
      ...answer(record, `label ${count++}`),
      ...answer(record, 'written twice'),
    ]);
    const headers = { 'ce-id': 'q', 'ce-waitid': 'another' };
    const [first, second] = await Promise.all(
      [1, 2].map(() => ask(gateway, '/v1/queries?wait=5s', { headers })),
    );
    expect([await first?.json(), await second?.json()]).toMatchObject([
      { label: 'label 0' },
      { label: 'label 1' },
    ]);
    const unasked = gatewayUnderTest();
    await ask(unasked.gateway, '/v1/queries', { headers });
    let seen: string | undefined = 'nothing';
    working(unasked.log, topics.queries, (record) => {
      seen = waitIdOf(record);
      return [];
    });
    await expect.poll(() => seen).toBeUndefined();
  });

  it('takes a place, and is refused where there is none; the others are taken', async () => {
    const { log, gateway } = gatewayUnderTest({ waiters: 1 });
    const first = ask(gateway, '/v1/queries?wait=60s', { headers: { 'ce-id': 'first' } });
    await expect
      .poll(async () => (await log.ends([topics.queries])).get(topics.queries)?.some((end) => end > 0n))
      .toBe(true);
    const refused = await ask(gateway, '/v1/queries?wait=60s');
    expect([refused.status, await refused.json()]).toMatchObject([503, { error: { field: 'http.waiters' } }]);
    expect((await ask(gateway, '/v1/queries')).status).toBe(202);
    working(log, topics.queries, answer);
    expect((await first).status).toBe(200);
    expect((await ask(gateway, '/v1/queries?wait=5s')).status).toBe(200);
  });

  it('gives its place back when its client is gone', async () => {
    const { log, gateway } = gatewayUnderTest({ waiters: 1 });
    const server = await listen(gateway, { host: '127.0.0.1', port: 0 });
    cleanups.push(() => server.close());
    const headers = { 'content-type': 'application/json' };
    const post = (wait: string, signal?: AbortSignal) =>
      fetch(`${server.url}/v1/queries?wait=${wait}`, {
        ...{ method: 'POST', headers, body: '[1,2]' },
        ...(signal && { signal }),
      });
    const gone = new AbortController();
    const left = post('60s', gone.signal).catch(() => 'gone');
    await expect
      .poll(async () => (await post('60s', AbortSignal.timeout(500)).catch(() => null))?.status)
      .toBe(503);
    gone.abort();
    expect(await left).toBe('gone');
    await expect.poll(async () => (await post('1ms')).status).toBe(202);
    void log;
  });

  it('is answered 202 where the log closes meanwhile, and 503 where it is closed', async () => {
    const { log, gateway } = gatewayUnderTest();
    const waiting = ask(gateway, '/v1/queries?wait=60s');
    await expect
      .poll(async () => (await log.ends([topics.queries])).get(topics.queries)?.some((end) => end > 0n))
      .toBe(true);
    await log.close();
    expect((await waiting).status).toBe(202);
    expect((await ask(gateway, '/v1/queries?wait=60s')).status).toBe(503);
  });

  it('is refused at the door where it is known to be refused', async () => {
    const why = new LetheError('no-model', 'there is none', { remedy: 'Learn.' });
    const { log, gateway } = gatewayUnderTest({
      examine: async () => {
        throw why;
      },
    });
    const response = await ask(gateway, '/v1/queries');
    expect([response.status, await response.json()]).toMatchObject([409, { error: { code: 'no-model' } }]);
    expect((await log.ends([topics.queries])).get(topics.queries)?.every((end) => end === 0n)).toBe(true);
  });
});

describe('a sample', () => {
  it('can not be waited for', async () => {
    const { gateway } = gatewayUnderTest();
    const headers = { 'ce-label': 'cat', 'ce-task': 't', prefer: 'wait=5' };
    expect((await ask(gateway, '/v1/samples', { headers })).status).toBe(202);
    const response = await ask(gateway, '/v1/samples?wait=5s', { headers });
    expect([response.status, await response.json()]).toMatchObject([400, { error: { field: 'wait' } }]);
  });
});

describe('a batch of queries', () => {
  const batch = (gateway: Gateway, members: unknown, path = '/v1/queries') =>
    ask(gateway, path, {
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: typeof members === 'string' ? members : JSON.stringify(members),
    });

  it('is answered in its order, with a refusal for each that can not be read', async () => {
    const { log, gateway } = gatewayUnderTest();
    const types: (string | undefined)[] = [];
    working(log, topics.queries, (record) => {
      types.push(record.headers['content-type']);
      return decodeQuery(record).id === 'late' ? [] : answer(record, record.headers.ce_truth ?? 'none');
    });
    const members = [
      {
        id: 'a',
        data: [1, 2],
        truth: 'cat',
        specversion: '1.0',
        type: 'lethe.query',
        source: '/me',
        n: 5,
        x: null,
      },
      { id: 'a', datacontenttype: 'image/png', data_base64: 'iVBORw0K', truth: 'dog' },
      { id: 'b', data: ['one'] },
      { id: 'c', data: [1], data_base64: 'AA==' },
      { id: 'd' },
      { id: 'e', 'not a name': '1', data: [1] },
      { id: 'f', deep: { truth: 'cat' }, data: [1] },
      { id: 'g', datacontenttype: 'image/png', data: 'text' },
      { id: 'h', datacontenttype: 'image/gif', data_base64: 'AA==' },
      { id: 'i', specversion: '0.3', data: [1] },
      { id: 5, data: [1] },
      null,
    ];
    const response = await batch(gateway, members, '/v1/queries?wait=5s');
    expect([response.status, response.headers.get('preference-applied')]).toEqual([200, 'wait=5']);
    const refused = (id: string | undefined, code: string, field: string) => ({
      ...(id !== undefined && { id }),
      error: expect.objectContaining({ code, field }),
    });
    expect(await response.json()).toEqual({
      results: [
        { id: 'a', prediction: expect.objectContaining({ queryId: 'a', label: 'cat' }) },
        { id: 'a', prediction: expect.objectContaining({ queryId: 'a', label: 'dog' }) },
        refused('b', 'invalid-vector', 'data.0'),
        refused('c', 'invalid-message', 'data'),
        refused('d', 'empty-payload', 'data'),
        refused('e', 'invalid-message', 'not a name'),
        refused('f', 'invalid-message', 'deep'),
        refused('g', 'invalid-message', 'data'),
        refused('h', 'unsupported-format', 'datacontenttype'),
        refused('i', 'invalid-message', 'specversion'),
        { id: '5', prediction: expect.objectContaining({ queryId: '5', label: 'none' }) },
        { error: expect.objectContaining({ code: 'invalid-message' }) },
      ],
    });
    expect(types).toEqual(['application/x-float32', 'image/png', 'application/x-float32']);
    const late = await batch(
      gateway,
      [
        { id: 'late', data: [1] },
        { id: 'z', data: [1] },
      ],
      '/v1/queries?wait=100ms',
    );
    expect([late.status, await late.json()]).toMatchObject([202, { results: [{ id: 'late' }, { id: 'z' }] }]);
  });

  it('is taken without waiting', async () => {
    const { gateway } = gatewayUnderTest({ waiters: 1 });
    const response = await batch(gateway, [
      { id: 'a', data: [1] },
      { id: 'b', data: [] },
    ]);
    expect([response.status, await response.json()]).toMatchObject([
      202,
      { results: [{ id: 'a' }, { id: 'b', error: { code: 'invalid-vector' } }] },
    ]);
  });

  it.each([
    ['nothing', '', 'empty-payload'],
    ['no JSON', '[{', 'invalid-message'],
    ['one query', { id: 'a', data: [1] }, 'invalid-message'],
    ['no query', [], 'invalid-message'],
    ['257 queries', Array.from({ length: 257 }, () => ({ data: [1] })), 'invalid-message'],
  ])('is refused as a whole where it is %s', async (_, members, code) => {
    const { log, gateway } = gatewayUnderTest();
    const response = await batch(gateway, members);
    expect([response.status, await response.json()]).toMatchObject([400, { error: { code } }]);
    expect((await log.ends([topics.queries])).get(topics.queries)?.every((end) => end === 0n)).toBe(true);
  });

  it('gives back all places where there are not enough, and writes nothing', async () => {
    const { log, gateway } = gatewayUnderTest({ waiters: 2 });
    const members = [1, 2, 3].map((id) => ({ id: `${id}`, data: [1] }));
    expect((await batch(gateway, members, '/v1/queries?wait=60s')).status).toBe(503);
    expect((await log.ends([topics.queries])).get(topics.queries)?.every((end) => end === 0n)).toBe(true);
    working(log, topics.queries, answer);
    expect((await batch(gateway, members.slice(1), '/v1/queries?wait=60s')).status).toBe(200);
  });

  it('is of queries only', async () => {
    for (const path of ['/v1/samples', '/v1/commands'])
      expect((await batch(gatewayUnderTest().gateway, [{}], path)).status).toBe(415);
  });
});

describe('a command that waits', () => {
  const carryOut = (log: Log, effects: (command: Command) => readonly LetheEvent[]) =>
    working(log, topics.commands, (record) => told(...effects(decodeCommand(record))));
  const unlearned = (commandId: string): LetheEvent => ({
    ...{ kind: 'unlearned', commandId, by: 'name', classes: [{ name: 'cat', moved: 2 }] },
    ...{ registryVersion: 3, ms: 1 },
  });

  it('is answered with the event that tells of it', async () => {
    const { log, gateway } = gatewayUnderTest();
    carryOut(log, ({ id }) => [unlearned('another'), unlearned(id)]);
    const response = await order(gateway, { kind: 'unlearn', classes: ['cat'] }, '5s', { 'ce-id': 'c' });
    expect([response.status, await response.json()]).toEqual([200, unlearned('c')]);
  });

  it('is answered with its rejection', async () => {
    const { log, gateway } = gatewayUnderTest();
    const error = {
      code: 'unknown-class' as const,
      message: 'there is no cat',
      remedy: 'Look.',
      field: 'classes.0',
    };
    carryOut(log, ({ id, kind }) => [{ kind: 'command-rejected', commandId: id, command: kind, error }]);
    const response = await order(gateway, { kind: 'unlearn', classes: ['cat'] });
    expect([response.status, await response.json()]).toMatchObject([400, { error }]);
  });

  it('waits for the end of an erasure', async () => {
    const { log, gateway } = gatewayUnderTest();
    const error = { code: 'rebuild-refused' as const, message: 'it is worse', remedy: 'Look.' };
    carryOut(log, ({ id }) => [
      { kind: 'erase-accepted', commandId: id, classes: [], registryVersion: 1, ms: 1 },
      { kind: 'erase-failed', commandId: id, classes: ['cat'], error },
    ]);
    const response = await order(gateway, { kind: 'erase', classes: ['cat'] });
    expect(await response.json()).toMatchObject({ error: { code: 'rebuild-refused' } });
  });

  it('that learns says what was stored, refused and learned', async () => {
    const { log, gateway } = gatewayUnderTest();
    const finished = { kind: 'task-finished', task: 't', modelVersion: 'v', ms: 5 } as const;
    const sample = (id: string, task: string) =>
      encodeSample(
        { id, label: 'cat', task, payload: { kind: 'vector', vector: Float32Array.of(1) } },
        topics,
      );
    const why = new LetheError('wrong-dimension', 'it is short', { remedy: 'Send more.' });
    const letter = (id: string, task: string) =>
      deadLetter(
        { ...sample(id, task), partition: 0, offset: 0n, timestamp: 0 },
        why,
        topics['dead-letters'],
      );
    working(log, topics.commands, ({ headers }) => [
      // Of another one that had the task's name.
      ...told({ ...finished, modelVersion: 'old' }),
      letter('s1', 't'),
      letter('s2', 'another'),
      ...told(
        { kind: 'task-announced', task: 't', classes: ['cat'], samples: 3, commandId: headers.ce_id ?? '' },
        { kind: 'task-embedded', task: 't', samples: 2, ms: 1 },
        { ...finished, task: 'another' },
      ),
    ]);
    const waiting = order(gateway, { kind: 'learn', task: 't', classes: ['cat'], samples: 3 });
    const letters = log.read({ topics: [topics['dead-letters']], group: 'test', maxInFlight: 5 });
    const seen: LogRecord[] = [];
    letters.pipe(filter(({ headers }) => headers.ce_id === 's2')).subscribe((record) => seen.push(record));
    await expect.poll(() => seen).toHaveLength(1);
    await log.settle('test', settled(seen));
    await log.publish(told(finished));
    const response = await waiting;
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        ...finished,
        ...{ classes: ['cat'], samples: 3, stored: 2, refused: 1 },
        refusals: [
          { id: 's1', label: 'cat', code: 'wrong-dimension', message: 'it is short', remedy: 'Send more.' },
        ],
      },
    ]);
  });

  it('that learns is answered with the failure of its task', async () => {
    const { log, gateway } = gatewayUnderTest();
    const error = { code: 'task-timeout' as const, message: 'nothing came', remedy: 'Send.' };
    carryOut(log, ({ id }) => [
      { kind: 'task-announced', task: 't', classes: ['cat'], samples: 3, commandId: id },
      { kind: 'task-failed', task: 't', error },
    ]);
    const response = await order(gateway, { kind: 'learn', task: 't', classes: ['cat'], samples: 3 });
    const body = z.object({ error: z.object({ code: z.string() }) }).parse(await response.json());
    expect(body.error.code).toBe('task-timeout');
  });
});
