import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { RecordSpans } from './recordSpans.js';

export interface TracingOptions {
  /**
   * Target of the spans, OTLP over HTTP; the default is that of OpenTelemetry's variables, or port 4318 of this
   * machine.
   */
  readonly url?: string | undefined;
  /** Share of the records without a trace that start one; records with a trace follow its flag. */
  readonly ratio: number;
  /** Source of the records, e.g. `kafka`. */
  readonly system: string;
  /** Attributes of the resource: whose spans they are. */
  readonly resource: Readonly<Record<string, string>>;
}

/** Spans on their way to a collector. */
export interface Tracing {
  readonly spans: RecordSpans;
  /** Sends the remaining spans. */
  close(): Promise<void>;
}

/**
 * Starts OpenTelemetry's tracing. It is loaded only here, so it costs nothing when disabled. An unreachable collector
 * causes log lines and loses spans, but blocks nothing.
 */
export async function startTracing(options: TracingOptions, logger: Logger): Promise<Tracing> {
  const [{ W3CTraceContextPropagator }, { resourceFromAttributes }, sdk, { OTLPTraceExporter }] =
    await Promise.all([
      import('@opentelemetry/core'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ]);
  diag.setLogger(diagnosticsTo(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  const { url, ratio, resource, system } = options;
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ ...resource }),
    // Which records are sampled is decided before a span is made.
    sampler: new sdk.AlwaysOnSampler(),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter(url === undefined ? {} : { url }) }),
    ],
  });
  return {
    spans: new RecordSpans(provider.getTracer('lethe'), new W3CTraceContextPropagator(), {
      system,
      ratio,
    }),
    // A collector that is away must not fail the end of the process.
    close: () =>
      provider.shutdown().catch((error: unknown) => logger.warn({ err: error }, 'spans were lost')),
  };
}

function diagnosticsTo(logger: Logger): DiagLogger {
  const at =
    (level: 'error' | 'warn' | 'debug') =>
    (message: string): void =>
      logger[level]({ part: 'traces' }, message);
  return { error: at('warn'), warn: at('warn'), info: at('debug'), debug: at('debug'), verbose: at('debug') };
}
