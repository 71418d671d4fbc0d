import { csvOf, type DataTable } from 'lethe/internal/report/dataTable.js';
import { BASELINES } from '../evaluation/evaluateProtocol.js';
import { PAPER_INITIAL_ACCURACY, PAPER_TABLE_1, type PaperLine } from '../paperTable.js';
import { duration, times } from '../report/format.js';
import { isHeadline } from '../results.js';
import { aimsTable } from './aims.js';
import type { MethodSummary, Spread, Table1Summary } from './summary.js';

/** Lines of the paper's table by our methods: its strategies ran with its filter and without a guard. */
const PAPER_NAMES: Readonly<Record<string, string>> = {
  [`baseline/${BASELINES.retrain}`]: 'Retrain',
  [`baseline/${BASELINES.restore}`]: 'Restore',
  [`baseline/${BASELINES.cilOnly}`]: 'CIL',
  'paper/uniform': 'Random (uniform)',
  'paper/proportional': 'Proportional',
  'paper/inverse': 'Inverse',
  'paper/nearest': 'Nearest',
};
const GROUPS = { lethe: 'Lethe', paper: "paper's setting", baseline: '' } as const;

/** Table 1 and what belongs to it, ready to be shown. */
export function table1Tables(summary: Table1Summary): DataTable[] {
  return [
    accuracyTable(summary),
    aimsTable(summary),
    paperTable(),
    differenceTable(summary),
    divergenceTable(summary),
    filterTable(summary),
    learningTable(summary),
    requestTable(summary),
    timeTable(summary),
    speedUpTable(summary),
    ...(summary.peers ? [peerTable(summary)] : []),
  ];
}

/** Every figure as one line: method, step, figure, mean, deviation. */
export function table1Csv({ methods, steps, times: systems }: Table1Summary): string {
  const figures = ['remaining', 'unlearned', 'divergence', 'recall', 'specificity'] as const;
  const rows = methods.flatMap((method) =>
    figures.flatMap((figure) =>
      steps.map(({ name }, step) => {
        const value = method[figure][step] ?? null;
        return [method.group, method.name, name, figure, value?.mean ?? null, value?.sd ?? null];
      }),
    ),
  );
  const seconds = systems.flatMap(({ name, seconds: all }) =>
    steps.map((step, at) => ['time', name, step.name, 'seconds', all[at]?.mean ?? null, all[at]?.sd ?? null]),
  );
  return csvOf(['group', 'method', 'step', 'figure', 'mean', 'sd'], [...rows, ...seconds]);
}

function accuracyTable({ methods, steps, facts }: Table1Summary): DataTable {
  return {
    caption: `A_r / A_u in %, mean${facts.seeds.length > 1 ? ' ± standard deviation' : ''} over ${facts.seeds.length} seed(s); in brackets the paper's figure`,
    head: ['method', ...steps.map(({ name }) => name)],
    rows: methods.map((method) => {
      const paper = paperLine(method);
      return [
        nameOf(method),
        ...steps.map((_, step) => {
          const remaining = method.remaining[step];
          if (!remaining) return '–';
          const unlearned = method.unlearned[step];
          const ours = `${percent(remaining)} / ${unlearned ? percent(unlearned) : '–'}`;
          return paper && step > 0 ? `${ours} (${published(paper, step - 1)})` : ours;
        }),
      ];
    }),
  };
}

function paperTable(): DataTable {
  return {
    caption: `The paper's Table 1 (not measured here; ResNet-18 on images, one GPU; ${(100 * PAPER_INITIAL_ACCURACY).toFixed(1)} % after the initial task)`,
    head: ['method', 'MU-1', 'CIL-1', 'MU-1', 'CIL-1', 'time'],
    rows: PAPER_TABLE_1.map((line) => [
      line.method,
      ...line.remaining.map((_, step) => published(line, step)),
      `${line.seconds} s`,
    ]),
  };
}

function differenceTable({ methods, steps }: Table1Summary): DataTable {
  const shown = methods.filter(({ toRetrain }) => toRetrain.some((value) => value !== null));
  const points = (value: Spread | null | undefined): string => (value ? signed(value) : '–');
  return {
    caption:
      'A_r minus that of Retrain / of Retrain jointly, in points; for the analytic learner, minus its own retrain (always jointly)',
    head: ['method', ...steps.slice(1).map(({ name }) => name)],
    rows: shown.map((method) => [
      nameOf(method),
      ...steps
        .slice(1)
        .map((_, at) => `${points(method.toRetrain[at + 1])} / ${points(method.toJointly[at + 1])}`),
    ]),
  };
}

function divergenceTable({ methods, steps }: Table1Summary): DataTable {
  return {
    caption:
      'Jensen-Shannon divergence to Retrain on unlearned inputs, in bits, summed over the classes (0: as if never learned); for the analytic learner, to its own retrain',
    head: ['method', ...steps.slice(1).map(({ name }) => name)],
    rows: methods.map((method) => [
      nameOf(method),
      ...steps.slice(1).map((_, at) => decimals(method.divergence[at + 1], 3)),
    ]),
  };
}

function filterTable({ methods, steps }: Table1Summary): DataTable {
  const shown = methods.filter(isHeadline);
  return {
    caption: 'The filter on test inputs: recall / specificity in % ("unlearned" is the positive)',
    head: ['setting', ...steps.slice(1).map(({ name }) => name)],
    rows: shown.map((method) => [
      GROUPS[method.group],
      ...steps.slice(1).map((_, at) => {
        const [recall, specificity] = [method.recall[at + 1], method.specificity[at + 1]];
        return recall && specificity ? `${percent(recall)} / ${percent(specificity)}` : '–';
      }),
    ]),
  };
}

function learningTable({ learning }: Table1Summary): DataTable {
  return {
    caption:
      'Class-incremental learning on the classes still known at the end: average incremental accuracy in %, forgetting (Chaudhry et al.) and backward transfer in points',
    head: ['learner', 'average accuracy', 'forgetting', 'backward transfer'],
    rows: learning.map(({ name, averageIncremental, forgetting, backwardTransfer }) => [
      name,
      percent(averageIncremental),
      forgetting ? signed(forgetting) : '–',
      backwardTransfer ? signed(backwardTransfer) : '–',
    ]),
  };
}

function requestTable({ requests }: Table1Summary): DataTable {
  const quality = (of: Table1Summary['requests'][number]['byExamples']): string[] => [
    of.precision ? percent(of.precision) : '–',
    percent(of.recall),
    percent(of.refused),
  ];
  return {
    caption: 'Unlearning by examples that were never learned: precision and recall of the migration, in %',
    head: ['step', 'examples', 'limits', 'precision', 'recall', 'refused'],
    rows: requests.flatMap(({ step, byExamples, byOneExample }) => [
      [step, String(byExamples.examplesPerRequest), "Lethe's", ...quality(byExamples)],
      [step, String(byOneExample.examplesPerRequest), 'none (paper: 87 % right)', ...quality(byOneExample)],
    ]),
  };
}

function timeTable({ times: systems, steps }: Table1Summary): DataTable {
  return {
    caption: 'Time of each step: training, or the request by name; embedding not counted',
    head: ['system', ...steps.map(({ name }) => name), 'sum'],
    rows: systems.map(({ name, seconds, total }) => [
      name,
      ...seconds.map((value) => duration(value?.mean ?? null)),
      duration(total.mean),
    ]),
  };
}

function speedUpTable({ speedUps, requests, imagesPerSecond }: Table1Summary): DataTable {
  const own = (by: 'secondsByName' | 'secondsByImages', step: string): string =>
    duration(requests.find((request) => request.step === step)?.[by].mean ?? null);
  return {
    caption: `How many times faster Lethe carries out the same request (the move alone, without log and events); a request by images includes their embedding and the vote. "Embedded": the baseline embeds its images too (${imagesPerSecond.mean.toFixed(0)} a second), since without Lethe's databases it has no vectors`,
    head: ['step', 'baseline', 'by name', 'faster', 'by 5 images', 'faster'],
    rows: speedUps.map(({ step, baseline, embedded, byName, byImages }) => [
      step,
      embedded ? `${baseline}, embedded` : baseline,
      own('secondsByName', step),
      times(byName.mean),
      own('secondsByImages', step),
      times(byImages.mean),
    ]),
  };
}

function peerTable({ peers = [], steps }: Table1Summary): DataTable {
  return {
    caption:
      'Other libraries on the same vectors, in the same run: accuracy on the remaining classes in %, and time',
    head: ['peer', ...steps.map(({ name }) => name)],
    rows: peers.map(({ name, remaining, seconds }) => [
      name,
      ...steps.map((_, step) => {
        const value = remaining[step];
        return value ? `${percent(value)}; ${duration(seconds[step]?.mean ?? null)}` : '–';
      }),
    ]),
  };
}

function nameOf({ name, group }: MethodSummary): string {
  return group === 'baseline' ? name : `${GROUPS[group]}: ${name}`;
}

function paperLine({ name, group }: MethodSummary): PaperLine | undefined {
  const wanted = PAPER_NAMES[`${group}/${name}`];
  return PAPER_TABLE_1.find(({ method }) => method === wanted);
}

function published({ remaining, unlearned }: PaperLine, step: number): string {
  const figure = (value: number | null | undefined): string =>
    typeof value === 'number' ? (100 * value).toFixed(2) : '–';
  return `${figure(remaining[step])} / ${figure(unlearned[step])}`;
}

function percent({ mean, sd }: Spread): string {
  return `${(100 * mean).toFixed(2)}${sd === null ? '' : ` ± ${(100 * sd).toFixed(2)}`}`;
}

function signed({ mean, sd }: Spread): string {
  const value = 100 * mean;
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}${sd === null ? '' : ` ± ${(100 * sd).toFixed(2)}`}`;
}

function decimals(value: Spread | null | undefined, digits: number): string {
  if (!value) return '–';
  return `${value.mean.toFixed(digits)}${value.sd === null ? '' : ` ± ${value.sd.toFixed(digits)}`}`;
}
