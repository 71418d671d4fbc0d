/**
 * What the filter costs a deployment: queries a second with a tenth of the vectors unlearned / with nothing unlearned, embedded,
 * with ready-made vectors; by the kind of filter and the number of vectors. Best of three rounds, in turn, of one run; by the
 * clock, and by the processor's time, which others on the machine change less.
 * `npm run bench:filter -- [vectors,vectors] [queries]`
 */
import { encodeQuery } from '../src/domain/cloudEvents.js';
import { clusteredVectors } from './kafka/vectors.js';
import { answersTo, carryOut, type Labelled, learnTask, nextEvent, startForBench } from './support/lethe.js';
import { type Figure, report } from './support/report.js';

const [sizes = '2000,50000', count = '10000'] = process.argv.slice(2);
const CLASSES = 10;
const TAUGHT = 40;
const ROUNDS = 3;
/** Searching more takes minutes. */
const MOST_SEARCHED = 100_000;
const CHUNK = 1000;
/** A search in so many vectors answers some hundred queries a second. */
const QUERIES = { linear: Number(count), relative: Math.min(Number(count), 1000) } as const;

interface Rate {
  readonly perSecond: number;
  /** Milliseconds of the processor a query. */
  readonly cpu: number;
}

const figures: Figure[] = [];
for (const size of sizes.split(',').map(Number)) {
  figures.push(...(await cost('linear', size)));
  if (size <= MOST_SEARCHED) figures.push(...(await cost('relative', size)));
}
report('filter', figures);
process.exit(0);

async function cost(kind: keyof typeof QUERIES, size: number): Promise<Figure[]> {
  const lethe = await startForBench({
    http: { enabled: false },
    learning: { learner: 'analytic' },
    filter: { kind, calibrationSamples: 200 },
  });
  const { vectors } = lethe.store;
  const source = clusteredVectors(CLASSES, vectors.dimension);
  const labelOf = (index: number): string => source.classNames[index % CLASSES] as string;
  const taught = Array.from({ length: CLASSES * TAUGHT }, (_, index): Labelled => {
    const payload = { kind: 'vector', vector: source.next(index % CLASSES) } as const;
    return { label: labelOf(index), payload };
  });
  await learnTask(lethe, 'base', taught);
  // Of many vectors a few different ones are enough here: each is compared with all the same.
  const pool = Array.from({ length: CHUNK }, (_, index) => source.next(index % CLASSES));
  for (let start = taught.length; start < size; start += CHUNK) {
    const records = pool.slice(0, Math.min(CHUNK, size - start)).map((vector, index) => ({
      id: `more-${start + index}`,
      className: labelOf(index),
      task: 'base',
      vector,
    }));
    await vectors.upsert('cil', records);
  }
  let made = 0;
  const rateOf = async (queries: number): Promise<Rate> => {
    const asked = Array.from({ length: queries }, (_, index) => {
      const payload = { kind: 'vector', vector: pool[index % CHUNK] as Float32Array } as const;
      return encodeQuery({ id: `q${made++}`, payload }, lethe.topics);
    });
    const [started, before] = [performance.now(), process.cpuUsage()];
    await answersTo(lethe, asked, 64);
    const { user, system } = process.cpuUsage(before);
    return {
      perSecond: (1000 * queries) / (performance.now() - started),
      cpu: (user + system) / 1000 / queries,
    };
  };
  const change = async (name: 'unlearn' | 'relearn', id: string): Promise<void> => {
    const calibrated = name === 'unlearn' ? nextEvent(lethe, 'filter-calibrated') : undefined;
    const done = name === 'unlearn' ? 'unlearned' : 'relearned';
    await carryOut(lethe, { id, kind: name, classes: [labelOf(0)] }, done);
    await calibrated;
  };
  await rateOf(1000);
  const rates: { readonly nothing: Rate; readonly tenth: Rate }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const nothing = await rateOf(QUERIES.linear);
    await change('unlearn', `u${round}`);
    const tenth = await rateOf(QUERIES[kind]);
    await change('relearn', `r${round}`);
    rates.push({ nothing, tenth });
  }
  await lethe.close();
  const best = (of: (rate: (typeof rates)[number]) => Rate): Rate => ({
    perSecond: Math.max(...rates.map((rate) => of(rate).perSecond)),
    cpu: Math.min(...rates.map((rate) => of(rate).cpu)),
  });
  const [nothing, tenth] = [best((rate) => rate.nothing), best((rate) => rate.tenth)];
  const name = `${kind}, ${size} vectors`;
  return [
    { what: `${name}: nothing unlearned`, value: nothing.perSecond, unit: 'queries/s' },
    { what: `${name}: a tenth unlearned`, value: tenth.perSecond, unit: 'queries/s' },
    {
      what: `${name}: a tenth / nothing, by the clock`,
      value: tenth.perSecond / nothing.perSecond,
      unit: 'ratio',
      aim: '>= 0.9',
    },
    { what: `${name}: nothing unlearned, CPU`, value: nothing.cpu, unit: 'ms a query' },
    { what: `${name}: a tenth unlearned, CPU`, value: tenth.cpu, unit: 'ms a query' },
    {
      what: `${name}: a tenth / nothing, by CPU`,
      value: nothing.cpu / tenth.cpu,
      unit: 'ratio',
      aim: '>= 0.9',
    },
  ];
}
