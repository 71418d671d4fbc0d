/** Stages whose latency is measured. */
export const STAGES = [
  'decode',
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
  /** A stage handled `items` items in `seconds`. */
  stage(stage: Stage, seconds: number, items: number): void;
}

/** A probe that ignores what it is told. */
export const SILENT: Probe = { stage: () => undefined };
