import type { DataTable } from 'lethe/internal/report/dataTable.js';
import { BASELINES } from '../evaluation/evaluateProtocol.js';
import { times } from '../report/format.js';
import { HEADLINES, isHeadline } from '../results.js';
import { TIMED } from './seedResult.js';
import type { MethodSummary, Spread, Table1Summary } from './summary.js';

/** One aim of the project beside what was measured. */
interface Aim {
  readonly what: string;
  readonly aim: string;
  /** Null where nothing was measured. */
  readonly measured: number | null;
  readonly shown: (value: number) => string;
  readonly reached: (value: number) => boolean;
}

/** What the project wants of Table 1 (means over the seeds, the worst of all steps), and whether it was reached. */
export function aimsTable(summary: Table1Summary): DataTable {
  return {
    caption: 'Targets and results: means over the seeds, and the worst of several steps',
    head: ['figure', 'target', 'measured', 'reached'],
    rows: aimsOf(summary).map(({ what, aim, measured, shown, reached }) => [
      what,
      aim,
      measured === null ? '–' : shown(measured),
      measured === null ? '–' : reached(measured) ? 'yes' : 'no',
    ]),
  };
}

function aimsOf({ methods, requests, learning, speedUps }: Table1Summary): Aim[] {
  const lethe = methods.find((method) => method.group === 'lethe' && isHeadline(method));
  const analytic = methods.find(({ name }) => name === BASELINES.analytic);
  const forgetting = learning.find(({ name }) => name === TIMED.lethe)?.forgetting?.mean;
  const qualities = requests.map(({ byExamples }) => byExamples);
  const speedUp = (embedded: boolean): number | null =>
    least(
      speedUps.filter((each) => each.baseline === TIMED.retrain && each.embedded === embedded),
      ({ byImages }) => byImages.mean,
    );
  const atLeast = (bound: number) => (value: number) => value >= bound;
  const atMost = (bound: number) => (value: number) => value <= bound;
  return [
    {
      what: `A_u of Lethe (${HEADLINES.lethe}) in %`,
      aim: '0.00',
      measured: largest(lethe?.unlearned),
      shown: percent,
      reached: atMost(0),
    },
    {
      what: `A_r of Lethe (${HEADLINES.lethe}) minus Retrain's, in points`,
      aim: '>= −0.30',
      measured: smallest(lethe?.toRetrain),
      shown: percent,
      reached: atLeast(-0.003),
    },
    {
      what: 'A_r of the analytic learner compared with its retrain: largest difference in points',
      aim: '<= 0.01',
      measured: largest(analytic?.toRetrain.map((each) => each && { ...each, mean: Math.abs(each.mean) })),
      shown: percent,
      reached: atMost(0.0001),
    },
    {
      what: "SSRE's forgetting in points",
      aim: '<= 3.00',
      measured: forgetting ?? null,
      shown: percent,
      reached: atMost(0.03),
    },
    {
      what: 'precision of the migration by examples in %',
      aim: '>= 95.00',
      measured: smallest(qualities.map(({ precision }) => precision)),
      shown: percent,
      reached: atLeast(0.95),
    },
    {
      what: 'recall of the migration by examples in % (a refused request counts 0)',
      aim: '>= 95.00',
      measured: smallest(qualities.map(({ recall }) => recall)),
      shown: percent,
      reached: atLeast(0.95),
    },
    {
      what: 'unlearning by images against Retrain, whose embedding is not counted',
      aim: '>= 1,000x',
      measured: speedUp(false),
      shown: times,
      reached: atLeast(1000),
    },
    {
      what: 'unlearning by images against Retrain, which embeds what it trains on',
      aim: '>= 1,000x',
      measured: speedUp(true),
      shown: times,
      reached: atLeast(1000),
    },
    {
      what: `divergence of Lethe (${HEADLINES.lethe}) from Retrain minus that of the paper's best strategy, in bits`,
      aim: '< 0',
      measured: divergenceAboveThePaper(methods, lethe),
      shown: (value) => signed(value, 3),
      reached: (value) => value < 0,
    },
  ];
}

/** The worst step's difference; null where nothing was compared. */
function divergenceAboveThePaper(
  methods: readonly MethodSummary[],
  lethe: MethodSummary | undefined,
): number | null {
  const papers = methods.filter(({ group }) => group === 'paper');
  const differences = (lethe?.divergence ?? []).flatMap((own, step) => {
    const best = smallest(papers.map(({ divergence }) => divergence[step] ?? null));
    return own && best !== null ? [own.mean - best] : [];
  });
  return differences.length === 0 ? null : Math.max(...differences);
}

function least<T>(items: readonly T[], of: (item: T) => number): number | null {
  return items.length === 0 ? null : Math.min(...items.map(of));
}

function smallest(values: readonly (Spread | null)[] | undefined): number | null {
  return least(
    (values ?? []).filter((each) => each !== null),
    ({ mean }) => mean,
  );
}

function largest(values: readonly (Spread | null)[] | undefined): number | null {
  const negative = least(
    (values ?? []).filter((each) => each !== null),
    ({ mean }) => -mean,
  );
  return negative === null ? null : -negative;
}

function percent(value: number): string {
  return signed(100 * value, 2);
}

/** With a minus that is one; zero has no sign. */
function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}
