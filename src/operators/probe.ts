/** Stages whose latency is measured. */
export const STAGES = [
  'decode',
  'open',
  'embed',
  'filter',
  'predict',
  'answer',
  'store',
  'migrate',
  'publish',
] as const;
export type Stage = (typeof STAGES)[number];

/** What operators report about their work; telemetry turns it into metrics. Operators themselves log nothing. */
export interface Probe {
  /** A stage handled `items` items together in `seconds`. */
  stage(stage: Stage, seconds: number, items: number): void;
}

/** A probe that ignores what it is told. */
export const SILENT: Probe = { stage: () => undefined };

/** Runs `work` and reports its duration as that of one item. */
export function timed<R>(probe: Probe, stage: Stage, work: () => R): R {
  const started = performance.now();
  const result = work();
  probe.stage(stage, (performance.now() - started) / 1000, 1);
  return result;
}

/** As {@link timed}, for work that takes time, on `items` items. */
export async function timedAsync<R>(
  probe: Probe,
  stage: Stage,
  items: number,
  work: () => Promise<R>,
): Promise<R> {
  const started = performance.now();
  const result = await work();
  probe.stage(stage, (performance.now() - started) / 1000, items);
  return result;
}
