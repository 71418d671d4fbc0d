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
  /** A stage just finished; it handled together what these records contained, in `seconds`. */
  stage(stage: Stage, seconds: number, sources: readonly LogRecord[]): void;
}

/** A probe that ignores all reports. */
export const SILENT: Probe = { stage: () => undefined };

/** Runs `work` for one record and reports its duration. */
export function timed<R>(probe: Probe, stage: Stage, source: LogRecord, work: () => R): R {
  const started = performance.now();
  const result = work();
  probe.stage(stage, (performance.now() - started) / 1000, [source]);
  return result;
}

/** Like {@link timed}, for asynchronous work for several records. */
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
