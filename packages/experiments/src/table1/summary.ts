import { deviation, mean } from 'lethe/internal/verification/mean.js';
import { retrainOf } from '../evaluation/outcomes.js';
import type { RunFacts } from '../results.js';
import { type SeedResult, TIMED } from './seedResult.js';

/** Mean and standard deviation (n - 1) over the seeds; the deviation of one seed is null. */
export interface Spread {
  readonly mean: number;
  readonly sd: number | null;
}

/** A method's figures by step, over the seeds; null where it has none. */
export interface MethodSummary {
  readonly name: string;
  readonly group: SeedResult['methods'][number]['group'];
  readonly remaining: readonly (Spread | null)[];
  /** A_r less that of Retrain, and of Retrain jointly, each within its seed; of the analytic learner, less its own retrain. */
  readonly toRetrain: readonly (Spread | null)[];
  readonly toJointly: readonly (Spread | null)[];
  readonly unlearned: readonly (Spread | null)[];
  readonly divergence: readonly (Spread | null)[];
  readonly recall: readonly (Spread | null)[];
  readonly specificity: readonly (Spread | null)[];
}

/** Seconds of a system by step. */
export interface TimeSummary {
  readonly name: string;
  readonly seconds: readonly (Spread | null)[];
  readonly total: Spread;
}

/** How many times faster an unlearning is than a baseline that answers the same request. */
export interface SpeedUp {
  readonly step: string;
  readonly baseline: string;
  /** Whether the baseline's embedding is counted: it has no vector database to take embeddings from. */
  readonly embedded: boolean;
  readonly byName: Spread;
  readonly byImages: Spread;
}

/** Table 1 over all seeds: what is printed, and written as JSON. */
export interface Table1Summary {
  readonly facts: Omit<RunFacts, 'seed'> & { readonly seeds: readonly number[] };
  readonly settings: Readonly<Record<string, unknown>>;
  readonly steps: readonly { readonly name: string; readonly kind: 'learn' | 'unlearn' }[];
  readonly methods: readonly MethodSummary[];
  readonly times: readonly TimeSummary[];
  readonly speedUps: readonly SpeedUp[];
  readonly requests: readonly RequestSummary[];
  readonly learning: readonly LearningSummary[];
  readonly imagesPerSecond: Spread;
  readonly peers?: readonly PeerSummary[];
}

export interface RequestSummary {
  readonly step: string;
  readonly secondsByName: Spread;
  readonly secondsByImages: Spread;
  readonly byExamples: QualitySummary;
  readonly byOneExample: QualitySummary;
}

export interface QualitySummary {
  readonly examplesPerRequest: number;
  readonly refused: Spread;
  readonly precision: Spread | null;
  readonly recall: Spread;
}

export interface LearningSummary {
  readonly name: string;
  readonly averageIncremental: Spread;
  readonly forgetting: Spread | null;
  readonly backwardTransfer: Spread | null;
}

/** Another library's classifier on the same vectors. */
export interface PeerSummary {
  readonly name: string;
  readonly remaining: readonly (Spread | null)[];
  readonly seconds: readonly (Spread | null)[];
}

/** The results of all seeds in one; every seed has the same steps and methods in the same order. */
export function summarise(
  results: readonly SeedResult[],
): Omit<Table1Summary, 'facts' | 'settings' | 'peers'> {
  const [first] = results;
  if (!first) throw new RangeError('there is no seed to sum up');
  return {
    steps: first.steps.map(({ name, kind }) => ({ name, kind })),
    methods: first.methods.map((_, index) => methodSummary(results, index)),
    times: first.times.map(({ name, seconds }, index) => {
      const all = results.map((result) => result.times[index]?.seconds ?? []);
      return {
        name,
        seconds: seconds.map((_, step) => spread(all.map((each) => each[step]))),
        total: required(all.map((each) => each.reduce<number>((sum, value) => sum + (value ?? 0), 0))),
      };
    }),
    speedUps: speedUps(results),
    requests: first.requests.map(({ step }, index) => {
      const all = results.map(({ requests }) => requests[index]).filter((each) => each !== undefined);
      return {
        step,
        secondsByName: required(all.map(({ secondsByName }) => secondsByName)),
        secondsByImages: required(all.map(({ secondsByImages }) => secondsByImages)),
        byExamples: qualitySummary(all.map(({ byExamples }) => byExamples)),
        byOneExample: qualitySummary(all.map(({ byOneExample }) => byOneExample)),
      };
    }),
    learning: first.learning.map(({ name }, index) => {
      const all = results.map(({ learning }) => learning[index]);
      return {
        name,
        averageIncremental: required(all.map((each) => each?.averageIncremental)),
        forgetting: spread(all.map((each) => each?.forgetting)),
        backwardTransfer: spread(all.map((each) => each?.backwardTransfer)),
      };
    }),
    imagesPerSecond: required(results.map(({ imagesPerSecond }) => imagesPerSecond)),
  };
}

/** Mean and deviation of the values that are there; null where none is. */
export function spread(values: readonly (number | null | undefined)[]): Spread | null {
  const there = values.filter((value) => value !== null && value !== undefined);
  return there.length === 0 ? null : { mean: mean(there), sd: deviation(there) };
}

function required(values: readonly (number | null | undefined)[]): Spread {
  const found = spread(values);
  if (!found) throw new RangeError('no seed has this figure');
  return found;
}

function methodSummary(results: readonly SeedResult[], index: number): MethodSummary {
  const own = results.map(({ methods }) => methods[index] as SeedResult['methods'][number]);
  const { name, group, remaining } = own[0] as SeedResult['methods'][number];
  const bySteps = (value: (seed: number, step: number) => number | null | undefined): (Spread | null)[] =>
    remaining.map((_, step) => spread(own.map((__, seed) => value(seed, step))));
  const less = (baseline: string) => (seed: number, step: number) => {
    const reference = results[seed]?.methods.find((method) => method.name === baseline)?.remaining[step];
    const value = own[seed]?.remaining[step];
    return typeof reference === 'number' && typeof value === 'number' ? value - reference : null;
  };
  const retrain = retrainOf({ name });
  return {
    name,
    group,
    remaining: bySteps((seed, step) => own[seed]?.remaining[step]),
    toRetrain: bySteps(less(retrain)),
    toJointly: bySteps(less(retrain === TIMED.retrain ? TIMED.jointly : retrain)),
    unlearned: bySteps((seed, step) => own[seed]?.unlearned[step]),
    divergence: bySteps((seed, step) => own[seed]?.divergence[step]),
    recall: bySteps((seed, step) => own[seed]?.filter[step]?.recall),
    specificity: bySteps((seed, step) => own[seed]?.filter[step]?.specificity),
  };
}

function qualitySummary(all: readonly SeedResult['requests'][number]['byExamples'][]): QualitySummary {
  return {
    examplesPerRequest: all[0]?.examplesPerRequest ?? 0,
    refused: required(all.map(({ refused, requests }) => refused / requests)),
    precision: spread(all.map(({ precision }) => precision)),
    recall: required(all.map(({ recall }) => recall)),
  };
}

/** Speed-ups of every unlearning step over Retrain and Restore, each within its seed. */
function speedUps(results: readonly SeedResult[]): SpeedUp[] {
  const [first] = results;
  if (!first) return [];
  return first.requests.flatMap(({ step }, index) =>
    ([TIMED.retrain, TIMED.restore] as const).flatMap((baseline) =>
      [false, true].map((embedded) => {
        const ratio = (by: 'secondsByName' | 'secondsByImages'): Spread =>
          required(
            results.map((result) => {
              const at = result.steps.findIndex(({ name }) => name === step);
              const training = result.times.find(({ name }) => name === baseline)?.seconds[at] ?? 0;
              const embedding = embedded ? (result.remainingVectors[at] ?? 0) / result.imagesPerSecond : 0;
              return (training + embedding) / (result.requests[index]?.[by] ?? Number.NaN);
            }),
          );
        return {
          step,
          baseline,
          embedded,
          byName: ratio('secondsByName'),
          byImages: ratio('secondsByImages'),
        };
      }),
    ),
  );
}
