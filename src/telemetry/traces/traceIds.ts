import type { SpanContext } from '@opentelemetry/api';
import { parseTraceParent, TRACE_PARENT_HEADER } from '@opentelemetry/core';
import type { LogRecord } from '../../domain/record.js';

/** The trace of a log line, with the names that OpenTelemetry defines for logs of other formats. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export function traceIds({ traceId, spanId }: SpanContext): TraceIds {
  return { trace_id: traceId, span_id: spanId };
}

/**
 * The trace in the headers of a record (W3C Trace Context, header `traceparent`; CloudEvents' extension for
 * distributed tracing is read too). Undefined if there is none, or it is invalid.
 */
export function traceOfHeaders({ headers }: Pick<LogRecord, 'headers'>): SpanContext | undefined {
  const text = headers[TRACE_PARENT_HEADER] ?? headers[`ce_${TRACE_PARENT_HEADER}`];
  return (text !== undefined && parseTraceParent(text)) || undefined;
}
