import { csvOf, type DataTable } from 'lethe/internal/report/dataTable.js';
import { renderSvg } from '../plots/render.js';
import { palette } from '../plots/theme.js';
import { duration, times } from '../report/format.js';
import type { WorkloadResult } from './runFig5.js';
import type { Workload } from './workloads.js';

const TITLES: Readonly<Record<Workload, string>> = {
  cil: 'CIL tasks only',
  mu: 'MU tasks only',
  mixed: 'MU and CIL by turns',
};
/** Who is compared with whom; the analytic learner with its own retrain. */
const COMPARED = [
  { system: 'Lethe', baseline: 'retrain', name: 'Retrain' },
  { system: 'Lethe', baseline: 'restore', name: 'Restore' },
  { system: 'Analytic', baseline: 'analyticRetrain', name: 'Analytic, retrained' },
] as const;

type Request = WorkloadResult['requests'][number];

/** A workload's time in all, and how many times a system is faster than a baseline. */
export interface WorkloadSpeed {
  readonly workload: Workload;
  readonly system: (typeof COMPARED)[number]['system'];
  readonly baseline: (typeof COMPARED)[number]['name'];
  /** Whether every system's embedding is counted: a baseline has no database of vectors, and embeds what it trains on. */
  readonly embedded: boolean;
  readonly own: number;
  readonly seconds: number;
  readonly speedUp: number;
}

/** Speed-ups of each workload over each baseline, without and with embedding. */
export function workloadSpeeds(results: readonly WorkloadResult[]): WorkloadSpeed[] {
  return results.flatMap(({ workload, requests, imagesPerSecond }) =>
    COMPARED.flatMap(({ system, baseline, name }) =>
      [false, true].map((embedded): WorkloadSpeed => {
        const sum = (of: (request: Request) => number): number =>
          requests.reduce((total, request) => total + of(request), 0);
        const embedding = (images: number): number => (embedded ? images / imagesPerSecond : 0);
        const own = sum(
          (request) =>
            secondsOf(system, request) +
            // An unlearning's time by images has their embedding in it already.
            (request.kind === 'learn' ? embedding(request.embeddedImages) : 0),
        );
        const seconds = sum(
          (request) =>
            request[baseline] +
            // Restore of a learning trains the new task alone, as Lethe does.
            embedding(
              baseline === 'restore' && request.kind === 'learn'
                ? request.embeddedImages
                : request.remainingVectors,
            ),
        );
        return { workload, system, baseline: name, embedded, own, seconds, speedUp: seconds / own };
      }),
    ),
  );
}

/** The analytic learner's unlearning comes after the vote and the move, which are Lethe's. */
function secondsOf(system: WorkloadSpeed['system'], { kind, lethe, analytic }: Request): number {
  if (system === 'Lethe') return lethe;
  return kind === 'learn' ? analytic : lethe + analytic;
}

export function fig5Tables(results: readonly WorkloadResult[]): DataTable[] {
  return [
    {
      caption: `Time of ${requestsIn(results)} requests and how many times faster that is; the requests to unlearn are by images, their embedding included. "Embedded": every system embeds what it is given, a baseline all that it trains on`,
      head: ['workload', 'system', 'baseline', 'its time', 'baseline’s time', 'faster'],
      rows: workloadSpeeds(results).map(({ workload, system, baseline, embedded, own, seconds, speedUp }) => [
        TITLES[workload],
        system,
        embedded ? `${baseline}, embedded` : baseline,
        duration(own),
        duration(seconds),
        times(speedUp),
      ]),
    },
    ...results.map(
      ({ workload, requests }): DataTable => ({
        caption: `${TITLES[workload]}: each request, without the embedding of training data`,
        head: [
          'request',
          'classes',
          'Lethe',
          'by name',
          'Retrain',
          'Restore',
          'Analytic: its step',
          'Analytic, retrained',
        ],
        rows: requests.map(({ name, classes, lethe, letheByName, retrain, restore, ...others }) => [
          name,
          String(classes),
          duration(lethe),
          duration(letheByName),
          duration(retrain),
          duration(restore),
          duration(others.analytic),
          duration(others.analyticRetrain),
        ]),
      }),
    ),
  ];
}

function requestsIn([first]: readonly WorkloadResult[]): number {
  return first?.requests.length ?? 0;
}

export function fig5Csv(results: readonly WorkloadResult[]): string {
  const times = ['lethe', 'letheByName', 'retrain', 'restore', 'analytic', 'analyticRetrain'] as const;
  return csvOf(
    ['workload', 'request', 'kind', ...times],
    results.flatMap(({ workload, requests }) =>
      requests.map((request) => [
        workload,
        request.name,
        request.kind,
        ...times.map((time) => request[time]),
      ]),
    ),
  );
}

/** Speed-ups as bars on a log scale, one panel a workload. SVG. */
export function fig5Plot(results: readonly WorkloadResult[]): Promise<string> {
  const values = workloadSpeeds(results)
    .filter(({ system }) => system === 'Lethe')
    .map(({ workload, baseline, embedded, speedUp }) => ({
      workload: TITLES[workload],
      against: embedded ? `${baseline}, embedded` : baseline,
      speedUp,
      label: times(speedUp),
    }));
  const least = Math.min(1, ...values.map(({ speedUp }) => speedUp));
  const order = ['Retrain', 'Retrain, embedded', 'Restore', 'Restore, embedded'];
  const titles = Object.values(TITLES);
  const y = {
    field: 'speedUp',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domainMin: 0.7 * least },
    title: 'times faster (log scale)',
    axis: { format: ',', tickCount: 5 },
  };
  const x = { field: 'workload', type: 'nominal' as const, sort: titles, title: null };
  const xOffset = { field: 'against', type: 'nominal' as const, scale: { domain: order } };
  return renderSvg({
    description: 'How many times faster Lethe answers each workload of Fig. 5 than Retrain and Restore.',
    title: {
      text: 'Speed-up by workload',
      subtitle: `${requestsIn(results)} requests after the initial classes`,
    },
    width: 640,
    height: 280,
    data: { values },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          x: { ...x, axis: { labelAngle: 0, labelFontSize: 12, labelLimit: 0 } },
          xOffset,
          y: { ...y, stack: null },
          // From 1 up, or down where Lethe is slower.
          y2: { datum: 1 },
          color: {
            field: 'against',
            type: 'nominal',
            scale: {
              domain: order,
              range: [palette.blue, palette.sky, palette.vermilion, palette.orange],
            },
            legend: {
              title: 'compared with',
              orient: 'bottom',
              columns: 2,
              labelLimit: 0,
              labelFontSize: 13,
            },
          },
        },
      },
      ...['>=', '<'].map((side) => ({
        transform: [{ filter: `datum.speedUp ${side} 1` }],
        mark: { type: 'text' as const, dy: side === '<' ? 9 : -7, fontSize: 11 },
        encoding: { x, xOffset, y, text: { field: 'label' } },
      })),
    ],
  });
}
