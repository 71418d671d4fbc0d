import {
  type Context,
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { DeadLetterHeaders } from '../../domain/messages/deadLetter.js';
import type { LogRecord, OutgoingRecord } from '../../domain/record.js';
import { msSince, writtenAt } from '../../domain/recordTime.js';
import { traceOfHeaders } from './traceIds.js';

/** The span of a record, and the context in which it is current. */
interface Sampled {
  readonly span: Span;
  readonly context: Context;
}

/** The stage that ends the way of a record. */
const LAST_STAGE = 'publish';
const REASON_HEADER: keyof DeadLetterHeaders = 'lethe-reason';

/**
 * A span for every record from its reading to its settlement, within the trace that it came with, and one below it for
 * every stage that it went through. Stages are told of when they are over; a stage that handled several records is in the
 * traces of all of them. Names and attributes follow OpenTelemetry's conventions for messaging.
 */
export class RecordSpans {
  readonly #tracer: Tracer;
  readonly #propagator: TextMapPropagator;
  readonly #system: string;
  /** Records that nobody holds any more, since their pipeline was torn down, take their spans with them. */
  readonly #spans = new WeakMap<LogRecord, Sampled>();
  readonly #ratio: number;

  /**
   * @param system source of the records, e.g. `kafka`
   * @param ratio share of the records without a trace that start one
   */
  constructor(
    tracer: Tracer,
    propagator: TextMapPropagator,
    { system, ratio }: { readonly system: string; readonly ratio: number },
  ) {
    this.#tracer = tracer;
    this.#propagator = propagator;
    this.#system = system;
    this.#ratio = ratio;
  }

  /** Decides first, and at no cost, whether the record is sampled: nothing is made for the many that are not. */
  begin(record: LogRecord): void {
    const told = traceOfHeaders(record);
    const isSampled = told ? (told.traceFlags & TraceFlags.SAMPLED) !== 0 : Math.random() < this.#ratio;
    if (!isSampled) return;
    const { topic, partition, offset, key, headers } = record;
    const waited = msSince(writtenAt(record));
    const attributes = {
      'messaging.system': this.#system,
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': Number(offset),
      ...(key !== null && { 'messaging.kafka.message.key': key }),
      ...(headers.ce_id !== undefined && { 'messaging.message.id': headers.ce_id }),
      ...(waited !== undefined && { 'lethe.waited_ms': waited }),
    };
    const options = { kind: SpanKind.CONSUMER, attributes };
    const span = this.#tracer.startSpan(`process ${topic}`, options, this.#parentOf(record, told));
    this.#spans.set(record, { span, context: trace.setSpan(ROOT_CONTEXT, span) });
  }

  stage(stage: string, seconds: number, sources: readonly LogRecord[]): void {
    let endTime: number | undefined;
    for (const source of sources) {
      const sampled = this.#spans.get(source);
      if (!sampled) continue;
      endTime ??= performance.timeOrigin + performance.now();
      const startTime = endTime - seconds * 1000;
      const attributes = { 'messaging.batch.message_count': sources.length };
      this.#tracer.startSpan(stage, { startTime, attributes }, sampled.context).end(endTime);
      if (stage === LAST_STAGE) sampled.span.end(endTime);
    }
  }

  carried(input: LogRecord, outputs: readonly OutgoingRecord[]): readonly OutgoingRecord[] {
    const sampled = this.#spans.get(input);
    if (!sampled) return passedOn(input, outputs);
    return outputs.map((output) => {
      const reason = output.headers[REASON_HEADER];
      if (reason !== undefined) sampled.span.setStatus({ code: SpanStatusCode.ERROR, message: reason });
      const headers = { ...output.headers };
      this.#propagator.inject(sampled.context, headers, defaultTextMapSetter);
      return { ...output, headers };
    });
  }

  /** The trace that a record is in. */
  contextOf(record: LogRecord): SpanContext | undefined {
    return this.#spans.get(record)?.span.spanContext() ?? traceOfHeaders(record);
  }

  /** With `tracestate`, if the record has W3C's headers. */
  #parentOf({ headers }: LogRecord, told: SpanContext | undefined): Context {
    const extracted = this.#propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    if (trace.getSpanContext(extracted) || !told) return extracted;
    return trace.setSpanContext(ROOT_CONTEXT, { ...told, isRemote: true });
  }
}

/** Without a span in between: the trace of the record continues unchanged. */
function passedOn({ headers }: LogRecord, outputs: readonly OutgoingRecord[]): readonly OutgoingRecord[] {
  const { traceparent, tracestate } = headers;
  if (traceparent === undefined) return outputs;
  const trace = { traceparent, ...(tracestate !== undefined && { tracestate }) };
  return outputs.map((output) => ({ ...output, headers: { ...output.headers, ...trace } }));
}
