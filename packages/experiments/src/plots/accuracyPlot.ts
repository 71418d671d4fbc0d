import { renderSvg } from './render.js';
import { palette } from './theme.js';

/** One method's accuracy after each step, as shares from 0 to 1; null where it has none. */
export interface AccuracySeries {
  readonly name: string;
  readonly remaining: readonly (number | null)[];
  readonly unlearned: readonly (number | null)[];
}

/** What {@link accuracyPlot} shows. */
export interface AccuracyPlotData {
  /** Names of the steps in their order, e.g. `MU-1`; distinct. A line break begins a second line of the label. */
  readonly steps: readonly string[];
  /** At most eight methods, drawn side by side within a step. */
  readonly series: readonly AccuracySeries[];
}

/** Colour and shape of each series, all different: none is told by its colour alone. */
const MARKS = [
  [palette.blue, 'circle'],
  [palette.sky, 'square'],
  [palette.green, 'triangle-up'],
  [palette.orange, 'diamond'],
  [palette.vermilion, 'cross'],
  [palette.purple, 'triangle-down'],
  [palette.grey, 'triangle-right'],
  [palette.black, 'triangle-left'],
] as const;

/**
 * Accuracy over the steps: A_r above, A_u below; methods side by side, so that equal values stay visible. SVG.
 * @throws RangeError where there are more methods than marks: two would look the same
 */
export async function accuracyPlot({ steps, series }: AccuracyPlotData): Promise<string> {
  if (series.length > MARKS.length)
    throw new RangeError(
      `${series.length} methods are more than the ${MARKS.length} that the plot can tell apart`,
    );
  const rows = series.flatMap((method) =>
    steps.flatMap((step, index) => [
      { method: method.name, step, part: 'remaining', accuracy: method.remaining[index] ?? null },
      { method: method.name, step, part: 'unlearned', accuracy: method.unlearned[index] ?? null },
    ]),
  );
  const names = series.map(({ name }) => name);
  const panel = (part: 'remaining' | 'unlearned', title: string, height: number) => ({
    height,
    width: Math.max(420, steps.length * names.length * 22),
    title: { text: title, frame: 'group' as const },
    transform: [{ filter: `datum.part === '${part}' && datum.accuracy !== null` }],
    encoding: {
      x: {
        field: 'step',
        type: 'nominal' as const,
        sort: [...steps],
        title: null,
        scale: { domain: [...steps], paddingInner: 0.18, paddingOuter: 0.1 },
        axis: {
          labelExpr: "split(datum.label, '\\n')",
          labelAngle: 0,
          labelFontSize: 12,
          ticks: false,
          labelPadding: 8,
          grid: true,
          tickBand: 'extent' as const,
        },
      },
      xOffset: { field: 'method', type: 'nominal' as const, scale: { domain: names } },
      y: {
        field: 'accuracy',
        type: 'quantitative' as const,
        title: 'accuracy',
        scale: {
          domain: part === 'remaining' ? remainingDomain(series) : unlearnedDomain(series),
          nice: true,
        },
        axis: { format: '.0%', tickCount: 6 },
      },
    },
    layer: [
      {
        mark: { type: 'point' as const, filled: true, size: 75, opacity: 1, strokeWidth: 2 },
        encoding: {
          color: {
            field: 'method',
            type: 'nominal' as const,
            scale: { domain: names, range: MARKS.map(([colour]) => colour) },
            legend: { title: null, orient: 'right' as const },
          },
          shape: {
            field: 'method',
            type: 'nominal' as const,
            scale: { domain: names, range: MARKS.map(([, shape]) => shape) },
          },
        },
      },
    ],
  });
  return renderSvg({
    description: 'Accuracy on remaining and on unlearned classes after each step, by method.',
    data: { values: rows },
    vconcat: [
      panel('remaining', 'A_r: accuracy on the remaining classes (higher is better)', 230),
      panel('unlearned', 'A_u: answers that still name an unlearned class (0 is ideal)', 150),
    ],
    spacing: 28,
  });
}

function remainingDomain(series: readonly AccuracySeries[]): [number, number] {
  const values = series.flatMap(({ remaining }) => remaining.filter((value) => value !== null));
  return [Math.min(1, ...values) - 0.03, 1];
}

function unlearnedDomain(series: readonly AccuracySeries[]): [number, number] {
  const values = series.flatMap(({ unlearned }) => unlearned.filter((value) => value !== null));
  return [0, Math.max(0.1, ...values)];
}
