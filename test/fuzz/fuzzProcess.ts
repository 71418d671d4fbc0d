/** The process in which decoders are fuzzed: it tells of every batch, so that whoever watches it sees one that hangs. */
import fc from 'fast-check';
import type { FuzzTarget } from './fuzzTarget.js';
import type { FuzzOrder, FuzzReport } from './runFuzz.js';

const tell = (report: FuzzReport): void => void process.send?.(report);
/** Kilobytes to bytes. */
const highestMemory = (): number => process.resourceUsage().maxRSS * 1024;

const shown = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

async function fuzz(target: FuzzTarget, inputs: number, order: FuzzOrder): Promise<void> {
  const { name } = target;
  const started = performance.now();
  for (let done = 0; done < inputs; ) {
    const numRuns = Math.min(order.batch, inputs - done);
    tell({ kind: 'batch', name, done, memory: highestMemory() });
    const details = await fc.check(target.property, { seed: (order.seed + done) | 0, numRuns });
    if (details.failed) {
      tell({
        kind: 'failed',
        name,
        message: `${shown(details.errorInstance)}\n${await fc.asyncDefaultReportMessage(details)}`,
      });
      return;
    }
    done += numRuns;
  }
  tell({ kind: 'done', name, inputs, ms: performance.now() - started, memory: highestMemory() });
}

/** Loaded here, since those that are real bring much with them. */
async function targetsOf({ faulty }: FuzzOrder): Promise<FuzzTarget[]> {
  if (faulty) return (await import('./targets/faulty.js')).faultyTargets();
  return (await import('./targets/index.js')).allTargets();
}

process.once('message', async (order: FuzzOrder) => {
  tell({ kind: 'batch', name: 'start', done: 0, memory: highestMemory() });
  const targets = (await targetsOf(order)).filter(
    ({ name }) => order.only === undefined || name.includes(order.only),
  );
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  tell({ kind: 'begun', memory: highestMemory() });
  for (const target of targets) {
    await fuzz(target, Math.max(order.least, Math.ceil((order.inputs * target.weight) / total)), order);
  }
  process.exit(0);
});
