import { type Profiler, Session } from 'node:inspector/promises';

/** Microseconds between two samples of the profiler. */
const INTERVAL = 250;

/**
 * Runs work under V8's profiler and says which share of the main thread's time belongs to some of the program's files. Two runs
 * that are alike differ by several per cent; what a part of one run costs is seen to some hundredths of one.
 * @param files one pattern for each share, matched with the URLs of the files
 * @returns for each pattern, the share of the busy time (the collection of garbage included) that was spent in functions of
 *   files that match, and in what they call; between 0 and 1
 */
export async function cpuSharesOf(files: readonly RegExp[], work: () => Promise<unknown>): Promise<number[]> {
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
): number[] {
  // A node comes before its children: what they inherit is known when they are met.
  const within = new Map<number, boolean[]>();
  const idle = new Set<number>();
  for (const { id, callFrame, children = [] } of nodes) {
    const inherited = within.get(id);
    const own = files.map((pattern, index) => inherited?.[index] || pattern.test(callFrame.url));
    for (const node of [id, ...children]) within.set(node, own);
    if (callFrame.functionName === '(idle)') idle.add(id);
  }
  let busy = 0;
  const spent = files.map(() => 0);
  for (const [index, id] of samples.entries()) {
    const time = timeDeltas[index] ?? 0;
    if (idle.has(id)) continue;
    busy += time;
    for (const [pattern, isIn] of (within.get(id) ?? []).entries())
      if (isIn) spent[pattern] = (spent[pattern] ?? 0) + time;
  }
  return spent.map((time) => time / busy);
}
