import type { SpanContext } from '@opentelemetry/api';
import { parseTraceParent, TRACE_PARENT_HEADER } from '@opentelemetry/core';
import type { LogRecord } from '../../domain/record.js';

/** Where a log line belongs, in the names that OpenTelemetry gives them in logs of other formats. */
export interface TraceIds {
  readonly trace_id: string;
  readonly span_id: string;
}

export function traceIds({ traceId, spanId }: SpanContext): TraceIds {
  return { trace_id: traceId, span_id: spanId };
}

/**
 * The trace that a record says it belongs to (W3C Trace Context, header `traceparent`); CloudEvents' extension for
 * distributed tracing is read too. Undefined where it says none, or nothing of that form.
 */
export function traceOfHeaders({ headers }: Pick<LogRecord, 'headers'>): SpanContext | undefined {
  const text = headers[TRACE_PARENT_HEADER] ?? headers[`ce_${TRACE_PARENT_HEADER}`];
  return (text !== undefined && parseTraceParent(text)) || undefined;
}
