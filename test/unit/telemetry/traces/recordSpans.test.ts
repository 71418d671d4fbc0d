import { SpanStatusCode } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  AlwaysOnSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LogRecord } from '../../../../src/domain/record.js';
import { RecordSpans } from '../../../../src/telemetry/traces/recordSpans.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

const recordWith = (headers: Record<string, string>, offset = 0n): LogRecord => ({
  topic: 'lethe.queries',
  partition: 1,
  offset,
  key: 'q1',
  value: Buffer.alloc(0),
  headers: { ce_id: 'q1', ...headers },
  timestamp: Date.now() - 50,
});
const output = { topic: 'lethe.predictions', key: 'q1', value: Buffer.alloc(0), headers: { ce_id: 'q1' } };

describe('RecordSpans', () => {
  let exporter: InMemorySpanExporter;
  let spans: RecordSpans;
  let of: (ratio: number) => RecordSpans;
  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({
      sampler: new AlwaysOnSampler(),
      spanProcessors: [new SimpleSpanProcessor({ exporter })],
    });
    of = (ratio) =>
      new RecordSpans(provider.getTracer('test'), new W3CTraceContextPropagator(), {
        system: 'kafka',
        ratio,
      });
    spans = of(0);
  });

  for (const name of ['traceparent', 'ce_traceparent'])
    it(`are in the trace that the record came with (${name}), a stage below its record`, () => {
      const record = recordWith({ [name]: `00-${TRACE}-${PARENT}-01` });
      spans.begin(record);
      spans.stage('embed', 0.25, [record, recordWith({})]);
      spans.stage('publish', 0.01, [record]);
      const [embed, publish, whole] = exporter.getFinishedSpans();
      expect(whole).toMatchObject({
        name: 'process lethe.queries',
        parentSpanContext: { traceId: TRACE, spanId: PARENT },
        attributes: {
          'messaging.system': 'kafka',
          'messaging.destination.name': 'lethe.queries',
          'messaging.message.id': 'q1',
          'messaging.kafka.offset': 0,
        },
      });
      expect(whole?.attributes['lethe.waited_ms']).toBeGreaterThanOrEqual(50);
      for (const stage of [embed, publish]) {
        expect(stage?.spanContext().traceId).toBe(TRACE);
        expect(stage?.parentSpanContext?.spanId).toBe(whole?.spanContext().spanId);
      }
      expect(embed).toMatchObject({ name: 'embed', attributes: { 'messaging.batch.message_count': 2 } });
      expect((embed?.duration[0] ?? 0) + (embed?.duration[1] ?? 0) / 1e9).toBeCloseTo(0.25, 3);
    });

  it('hand the trace on to what is written, with the record as its parent', () => {
    const record = recordWith({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1' });
    spans.begin(record);
    const [carried] = spans.carried(record, [output]);
    const { spanId } = spans.contextOf(record) ?? {};
    expect(carried?.headers).toEqual({
      ce_id: 'q1',
      traceparent: `00-${TRACE}-${spanId}-01`,
      tracestate: 'vendor=1',
    });
    expect(spanId).not.toBe(PARENT);
  });

  it('tell that a record became a dead letter, and why', () => {
    const record = recordWith({ traceparent: `00-${TRACE}-${PARENT}-01` });
    spans.begin(record);
    spans.carried(record, [{ ...output, headers: { 'lethe-reason': 'image-corrupt' } }]);
    spans.stage('publish', 0.01, [record]);
    const whole = exporter.getFinishedSpans().at(-1);
    expect(whole?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'image-corrupt' });
  });

  it('are not made for records that are not sampled, whose trace goes on as it is', () => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-00`, tracestate: 'vendor=1' };
    const record = recordWith(headers);
    spans.begin(record);
    spans.stage('embed', 0.25, [record]);
    spans.stage('publish', 0.01, [record]);
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(spans.carried(record, [output])).toEqual([{ ...output, headers: { ce_id: 'q1', ...headers } }]);
    expect(spans.contextOf(record)).toMatchObject({ traceId: TRACE, spanId: PARENT });
  });

  it('begin a trace, in the wanted share, where a record says none, or nothing of that form', () => {
    for (const headers of [
      {},
      { traceparent: 'mine' },
      { traceparent: `00-${'0'.repeat(32)}-${PARENT}-01` },
    ]) {
      const record = recordWith(headers);
      const all = of(1);
      all.begin(record);
      expect(all.contextOf(record)?.traceId).toMatch(/^(?!0{32}$)[0-9a-f]{32}$/);
      spans.begin(record);
      expect(spans.contextOf(record)).toBeUndefined();
    }
  });
});
