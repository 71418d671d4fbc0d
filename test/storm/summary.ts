import type { Diary } from '../support/diary.js';
import type { Deployment } from './deployment.js';
import type { Verdict } from './ledger.js';
import { type Pace, rate, type Weathered } from './storm.js';

const SHOWN = 15;

/** What is printed of a storm. */
export interface Shown {
  readonly deployment: Deployment;
  readonly diary: Diary;
  readonly weathered: Weathered;
  readonly verdict: Verdict;
}

/** The storm in figures, for people: what was written, what came of it, what it cost. */
export async function summary({ deployment, diary, weathered, verdict }: Shown): Promise<string> {
  const { good, writer, warm, calm, storm, changing, changes, commands, knocked, stalls } = weathered;
  const whole = { answered: storm.answered + changing.answered, ms: storm.ms + changing.ms };
  const outcomes = [...verdict.outcomes].sort(([a], [b]) => a.localeCompare(b));
  const answers = new Map<string, number>();
  for (const each of knocked)
    for (const [key, count] of each.answers) answers.set(key, (answers.get(key) ?? 0) + count);
  const ready = await Promise.all((await deployment.urls()).map((url) => textAt(url, '/readyz')));
  const restarts = await Promise.all((await deployment.urls()).map(restartsAt));
  const lost = verdict.findings.filter(({ problem }) => problem.startsWith('no outcome'));
  return [
    String(diary),
    'outcomes by topic and kind:',
    ...outcomes.map(([kind, row]) => `  ${kind}: ${counts(row)}`),
    `not taken by the broker: ${counts(writer.refused)}`,
    `doors: ${counts(answers)}`,
    ...good.faults.slice(0, SHOWN).map((fault) => `FAULT ${fault}`),
    ...stalls.map((stall) => `STALL ${stall}`),
    ...verdict.findings.slice(0, SHOWN).map((finding) => `FINDING ${JSON.stringify(finding)}`),
    ...deployment.workers.flatMap(({ role, lines, starts }) =>
      starts > 1 || stalls.length > 0 || verdict.findings.length > 0
        ? [`last words of ${role}:`, ...lines.map(shown).filter(isNoRefusal).slice(-SHOWN)]
        : [],
    ),
    `${writer.written} records written, ${verdict.asked} of them to topics that are read, ${changes} changes, ${commands} good commands`,
    `lost ${lost.length}, doubled or otherwise wrong ${verdict.findings.length - lost.length}; good queries: ${good.answered} answered, ${good.outstanding} not`,
    ...deployment.workers.map(
      ({ role, starts, peakMiB }, index) =>
        `${role}: ended ${starts - 1} times, at most ${peakMiB.toFixed(0)} MiB, ${ready[index]}, topologies started again: ${restarts[index]}`,
    ),
    `good queries/s: ${rate(calm)} in the calm; in the storm ${besides(storm, calm)} between the changes, ${besides(whole, calm)} in all (${(changing.ms / 1000).toFixed(0)} of ${(whole.ms / 1000).toFixed(0)} s under changes)`,
    `latency of good queries: ${latencies(good.latencies.slice(warm, warm + calm.answered))} in the calm, ${latencies(good.latencies.slice(warm + calm.answered))} after it`,
  ].join('\n');
}

/** A pace, and its share of the calm's. */
function besides(pace: Pace, calm: Pace): string {
  return `${rate(pace)} (ratio ${(rate(pace) / rate(calm)).toFixed(2)})`;
}

function latencies(all: readonly number[]): string {
  const sorted = [...all].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms`;
}

function counts(all: ReadonlyMap<string, number>): string {
  return [...all]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

const shown = (line: unknown): string => JSON.stringify(line).slice(0, 600);
/** Refused records are told of, too: thousands of them. */
const isNoRefusal = (line: string): boolean => !line.includes('"reason":');

/** Of the worker's topologies, as its metrics say: those that were. */
async function restartsAt(url: string): Promise<string> {
  const counters = (await textAt(url, '/metrics')).split('\n').flatMap((line) => {
    const [, topology, count] = /^lethe_topology_restarts_total{topology="(\w+)".* (\d+)$/.exec(line) ?? [];
    return count === undefined || count === '0' ? [] : [`${topology} ${count}`];
  });
  return counters.join(', ') || 'none';
}

async function textAt(url: string, path: string): Promise<string> {
  try {
    return await (await fetch(new URL(path, url), { signal: AbortSignal.timeout(5000) })).text();
  } catch (error) {
    return `no answer (${error})`;
  }
}
