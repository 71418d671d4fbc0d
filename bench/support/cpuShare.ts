import { type Profiler, Session } from 'node:inspector/promises';

/** Microseconds between two samples of the profiler. */
const INTERVAL = 250;

/** Where the main thread's time went. */
export interface CpuShares {
  /** Seconds that it was busy, the collection of garbage included. */
  readonly busy: number;
  /** Of them, the share spent in functions of files that match, and in what they call; each between 0 and 1. */
  readonly shares: readonly number[];
}

/**
 * Runs work under V8's profiler and says which share of the main thread's time belongs to some of the program's files. Two runs
 * that are alike differ by several per cent; what a part of one run costs is seen to some hundredths of one.
 * @param files one pattern for each share, matched with the URLs of the files
 */
export async function cpuSharesOf(
  files: readonly RegExp[],
  work: () => Promise<unknown>,
): Promise<CpuShares> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
  await session.post('Profiler.start');
  await work();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return sharesIn(profile, files);
}

function sharesIn(
  { nodes, samples = [], timeDeltas = [] }: Profiler.Profile,
  files: readonly RegExp[],
): CpuShares {
  // A node comes before its children: what it belongs to is known when they are met.
  const belongs = new Map<number, boolean[]>();
  const idle = new Set<number>();
  const childrenOf = new Map(nodes.map(({ id, children = [] }) => [id, children]));
  const above = new Map<number, boolean[]>();
  for (const { id, callFrame } of nodes) {
    const inherited = above.get(id);
    const own = files.map((pattern, index) => inherited?.[index] || pattern.test(callFrame.url));
    belongs.set(id, own);
    for (const child of childrenOf.get(id) ?? []) above.set(child, own);
    if (callFrame.functionName === '(idle)') idle.add(id);
  }
  let busy = 0;
  const spent = files.map(() => 0);
  for (const [index, id] of samples.entries()) {
    const time = timeDeltas[index] ?? 0;
    if (idle.has(id)) continue;
    busy += time;
    for (const [pattern, isIn] of (belongs.get(id) ?? []).entries())
      if (isIn) spent[pattern] = (spent[pattern] ?? 0) + time;
  }
  return { busy: busy / 1e6, shares: spent.map((time) => time / busy) };
}
