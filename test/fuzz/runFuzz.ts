import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a run is to do. */
export interface FuzzOrder {
  /** Inputs over all decoders. */
  readonly inputs: number;
  /** Inputs of a decoder at least. */
  readonly least: number;
  readonly seed: number;
  /** Inputs between two signs of life. */
  readonly batch: number;
  /** Part of the names of the decoders that are wanted; by default all. */
  readonly only?: string;
  /** Decoders that are faulty instead of those of Lethe. */
  readonly faulty?: boolean;
  /** How long a batch may take. */
  readonly hangsMs?: number;
}

/** What the process tells. `memory` is the most that it had resident so far, in bytes. */
export type FuzzReport =
  | { readonly kind: 'batch'; readonly name: string; readonly done: number; readonly memory: number }
  | { readonly kind: 'begun'; readonly memory: number }
  | {
      readonly kind: 'done';
      readonly name: string;
      readonly inputs: number;
      readonly ms: number;
      readonly memory: number;
    }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

export interface FuzzOutcome {
  readonly decoders: readonly Extract<FuzzReport, { kind: 'done' }>[];
  /** What was found: nothing, where all is well. */
  readonly findings: readonly string[];
  /** Bytes that the process came to hold beyond those it began with. */
  readonly memory: number;
}

const PROCESS = fileURLToPath(new URL('./fuzzProcess.ts', import.meta.url));
/** A batch that takes so long hangs: it is several hundred times as long as one takes. */
const HANGS_MS = 180_000;
/** A decoder that makes the process grow by so much has no bound: its limits allow some ten megabytes at a time. */
const MEMORY = 1.5 * 2 ** 30;
const HEAP_MEGABYTES = 1024;

/** Fuzzes in a process of its own, which is ended where it hangs or eats memory. */
export function runFuzz(
  order: FuzzOrder,
  onDone: (report: Extract<FuzzReport, { kind: 'done' }>) => void = () => {},
): Promise<FuzzOutcome> {
  const child = fork(PROCESS, {
    execArgv: ['--import', 'tsx', `--max-old-space-size=${HEAP_MEGABYTES}`],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // YAML's warnings about keys would be many.
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  });
  return new Promise((resolve) => {
    const decoders: Extract<FuzzReport, { kind: 'done' }>[] = [];
    const findings: string[] = [];
    let at = 'the start';
    let base = 0;
    let memory = 0;
    const { hangsMs = HANGS_MS } = order;
    const hangs = (): void => {
      findings.push(`${at}: nothing came of it in ${hangsMs / 1000} s`);
      child.kill('SIGKILL');
    };
    let watchdog = setTimeout(hangs, HANGS_MS);
    child.on('message', (report: FuzzReport) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hangs, hangsMs);
      if (report.kind === 'failed') findings.push(`${report.name}: ${report.message}`);
      if (report.kind === 'failed') return;
      if (report.kind === 'batch') at = `${report.name}, inputs from ${report.done} on, seed ${order.seed}`;
      if (report.kind === 'begun') base = report.memory;
      if (report.kind === 'done') {
        decoders.push(report);
        onDone(report);
      }
      memory = Math.max(0, report.memory - base);
      if (base > 0 && memory > MEMORY) {
        findings.push(`${at}: the process grew by ${Math.round(memory / 2 ** 20)} MiB`);
        child.kill('SIGKILL');
      }
    });
    child.once('close', (code, signal) => {
      clearTimeout(watchdog);
      if (code !== 0 && findings.length === 0)
        findings.push(`${at}: the process ended with ${code ?? signal}`);
      resolve({ decoders, findings, memory });
    });
    child.send(order);
  });
}
