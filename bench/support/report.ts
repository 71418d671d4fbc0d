import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** One line of a benchmark's result. */
export interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The target, e.g. `>= 0.9`. It is printed beside the value, and never enforced. */
  readonly aim?: string;
}

/** Prints a benchmark's figures as a table and writes them to reports/bench/<name>.json. */
export function report(name: string, figures: readonly Figure[]): void {
  console.table(
    figures.map(({ what, value, unit, aim }) => ({ what, value: rounded(value), unit, aim: aim ?? '' })),
  );
  mkdirSync('reports/bench', { recursive: true });
  const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, node: process.version };
  const path = `reports/bench/${name}.json`;
  writeFileSync(path, `${JSON.stringify({ name, machine, figures }, null, 2)}\n`);
  console.log(`written to ${path}`);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
