/** The headers of W3C Trace Context: who passes them on keeps what it writes in the trace of what it read. */
export const TRACE_HEADERS = ['traceparent', 'tracestate'] as const;
