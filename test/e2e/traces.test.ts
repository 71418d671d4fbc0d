import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createKafkaLog, type KafkaLog } from '../../src/adapters/kafka/kafkaLog.js';
import { encodeCommand, encodeQuery, encodeSample } from '../../src/domain/cloudEvents.js';
import type { LogRecord, OutgoingRecord } from '../../src/domain/record.js';
import { topicsUnder } from '../../src/domain/topics.js';
import { kafkaTestOptions } from '../support/kafkaOptions.js';
import { type LetheProcess, overServices, startLetheProcess } from '../support/letheProcess.js';
import { around } from '../support/processing.js';
import { sharedServices } from '../support/services.js';

const DIMENSION = 1280;
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const COMMAND_TRACE = '11f92f3577b34da6a3ce929d0e0e4711';
const PARENT = '00f067aa0ba902b7';
const ID = /^[0-9a-f]{16}$/;

/** What a collector is sent: OTLP's ExportTraceServiceRequest as JSON (opentelemetry-proto). */
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })),
      }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              kind: z.number(),
              startTimeUnixNano: z.coerce.bigint(),
              endTimeUnixNano: z.coerce.bigint(),
            }),
          ),
        }),
      ),
    }),
  ),
});
type Export = z.infer<typeof exportSchema>;

describe('traces over Kafka', () => {
  const exported: Export[] = [];
  let collector: Server;
  let log: KafkaLog;
  let worker: LetheProcess;
  const { LETHE_MODEL__NAME: model = '' } = overServices({ brokers: '', redisUrl: '' });
  const topics = topicsUnder(`${model}.`);
  const spansOf = (traceId: string) =>
    exported
      .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
      .flatMap(({ spans }) => spans)
      .filter((span) => span.traceId === traceId);
  const traced = (record: OutgoingRecord, traceId: string): OutgoingRecord => ({
    ...record,
    headers: { ...record.headers, traceparent: `00-${traceId}-${PARENT}-01` },
  });
  const firstOf = (topic: string, matches: (record: LogRecord) => boolean): Promise<LogRecord> =>
    new Promise((resolve, reject) => {
      const reading = { topics: [topic], group: `traces-${topic}`, maxInFlight: 100, transient: true };
      const following = log.read({ ...reading, from: 'earliest' }).subscribe({
        next: (record) => {
          if (!matches(record)) return;
          resolve(record);
          queueMicrotask(() => following.unsubscribe());
        },
        error: reject,
      });
    });

  beforeAll(async () => {
    collector = createServer((request, response) => {
      json(request).then(
        (body) => {
          exported.push(exportSchema.parse(body));
          response.setHeader('content-type', 'application/json').end('{}');
        },
        (error: unknown) => response.writeHead(400).end(String(error)),
      );
    }).listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const address = collector.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const services = await sharedServices();
    log = await createKafkaLog(kafkaTestOptions(services.brokers, { clientId: 'traces-test' }));
    worker = await startLetheProcess(
      [],
      {
        ...overServices(services, model),
        LETHE_LEARNING__LEARNER: 'analytic',
        LETHE_TRACES__ENABLED: 'true',
        LETHE_TRACES__RATIO: '0',
        LETHE_TRACES__URL: `http://127.0.0.1:${port}/v1/traces`,
      },
      () => undefined,
    );
  });
  afterAll(async () => {
    worker?.child.kill('SIGKILL');
    await log?.close();
    collector?.close();
  });

  it('follow a query from its record to its prediction, and a command to its event and its log line', async () => {
    const samples = ['cat', 'dog'].flatMap((label, side) =>
      Array.from({ length: 20 }, (_, i) => {
        const payload = { kind: 'vector' as const, vector: around(side * 400, i, DIMENSION) };
        return encodeSample({ id: `${label}-${i}`, label, task: 't1', payload }, topics);
      }),
    );
    const learn = { id: 'l1', kind: 'learn' as const, task: 't1', classes: ['cat', 'dog'], samples: 40 };
    await log.publish([encodeCommand(learn, model, topics), ...samples]);
    await firstOf(topics.events, ({ headers }) => headers.ce_type === 'lethe.event.task-finished');

    const payload = { kind: 'vector' as const, vector: around(0, 3, DIMENSION) };
    const bad = encodeQuery({ id: 'bad', payload: { ...payload, vector: payload.vector.slice(1) } }, topics);
    await log.publish([
      traced(encodeQuery({ id: 'q1', payload }, topics), TRACE),
      traced(bad, TRACE),
      traced(encodeCommand({ id: 'u1', kind: 'unlearn', classes: ['cat'] }, model, topics), COMMAND_TRACE),
    ]);
    const prediction = await firstOf(topics.predictions, ({ key }) => key === 'q1');
    const event = await firstOf(topics.events, ({ headers }) => headers.ce_type === 'lethe.event.unlearned');
    await firstOf(topics['dead-letters'], ({ key }) => key === 'bad');

    await expect.poll(() => spansOf(TRACE).filter(({ kind }) => kind === 5)).toHaveLength(2);
    const whole = spansOf(TRACE).find(({ spanId }) => prediction.headers.traceparent?.includes(spanId));
    expect(prediction.headers.traceparent).toBe(`00-${TRACE}-${whole?.spanId}-01`);
    expect(whole).toMatchObject({ name: `process ${topics.queries}`, parentSpanId: PARENT });
    const stages = spansOf(TRACE).filter(({ parentSpanId }) => parentSpanId === whole?.spanId);
    expect(stages.map(({ name }) => name)).toEqual([
      'decode',
      'open',
      'embed',
      'filter',
      'predict',
      'answer',
      'publish',
    ]);
    for (const { startTimeUnixNano, endTimeUnixNano } of stages)
      expect(endTimeUnixNano).toBeGreaterThanOrEqual(startTimeUnixNano);

    const ids = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(event.headers.traceparent ?? '');
    expect(ids?.[1]).toBe(COMMAND_TRACE);
    expect(ids?.[2]).toMatch(ID);
    await expect
      .poll(() => worker.lines.find(({ msg }) => msg === 'unlearned'))
      .toMatchObject({ trace_id: COMMAND_TRACE, span_id: ids?.[2] });
    expect(worker.lines.find(({ reason }) => reason === 'wrong-dimension')).toMatchObject({
      trace_id: TRACE,
    });
    // No other record began a trace: the ratio is 0.
    const traces = exported.flatMap(({ resourceSpans }) => resourceSpans).flatMap((r) => r.scopeSpans);
    expect(new Set(traces.flatMap(({ spans }) => spans.map(({ traceId }) => traceId)))).toEqual(
      new Set([TRACE, COMMAND_TRACE]),
    );
  });
});
