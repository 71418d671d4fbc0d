import type { LogRecord } from '../domain/record.js';

/** Stages whose latency is measured. */
export const STAGES = [
  'decode',
  'open',
  'embed',
  'filter',
  'predict',
  'answer',
  'store',
  'command',
  'publish',
] as const;
export type Stage = (typeof STAGES)[number];

/** What operators report about their work; telemetry turns it into metrics and traces. Operators themselves log nothing. */
export interface Probe {
  /** A stage, which is over just now, handled what these records brought together in `seconds`. */
  stage(stage: Stage, seconds: number, sources: readonly LogRecord[]): void;
}

/** A probe that ignores what it is told. */
export const SILENT: Probe = { stage: () => undefined };

/** Runs `work` on what one record brought and reports its duration. */
export function timed<R>(probe: Probe, stage: Stage, source: LogRecord, work: () => R): R {
  const started = performance.now();
  const result = work();
  probe.stage(stage, (performance.now() - started) / 1000, [source]);
  return result;
}

/** As {@link timed}, for work that takes time, on what several records brought. */
export async function timedAsync<R>(
  probe: Probe,
  stage: Stage,
  sources: readonly LogRecord[],
  work: () => Promise<R>,
): Promise<R> {
  const started = performance.now();
  const result = await work();
  probe.stage(stage, (performance.now() - started) / 1000, sources);
  return result;
}
