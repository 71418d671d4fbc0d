import { renderSvg } from './render.js';
import { palette } from './theme.js';

/** An answered query: when it was answered and how long it took. */
export interface LatencySample {
  /** Seconds since the start of the run. */
  readonly at: number;
  /** From the writing of the query to its answer, in milliseconds. */
  readonly latencyMs: number;
  /** Whether the model answered, or an output strategy. */
  readonly by: 'model' | 'strategy';
}

/** A stretch of time, in seconds since the start of the run. */
export interface Period {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** What {@link latencyPlot} shows. */
export interface LatencyPlotData {
  readonly samples: readonly LatencySample[];
  /** Drawn as a shade behind the points. */
  readonly training: readonly Period[];
  /** Drawn as vertical lines: what happened, and when (seconds since the start). */
  readonly moments: readonly { readonly label: string; readonly at: number }[];
}

/** Latency of live queries over time (log scale), with the training periods shaded and the unlearnings marked. SVG. */
export function latencyPlot({ samples, training, moments }: LatencyPlotData): Promise<string> {
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: 'time since the start (s)',
    axis: { grid: false },
  });
  const answeredBy = { model: 'the model', strategy: 'an output strategy' };
  return renderSvg({
    description: 'Latency of live queries over the run; training periods are shaded, unlearnings are marked.',
    title: { text: 'Latency of live queries', subtitle: 'shaded: a task trains; line: a class is unlearned' },
    width: 780,
    height: 260,
    layer: [
      {
        data: { values: training.map((period) => ({ ...period })) },
        mark: { type: 'rect', color: palette.yellow, opacity: 0.3 },
        encoding: { x: x('from'), x2: { field: 'to' } },
      },
      {
        data: { values: samples.map(({ by, ...sample }) => ({ ...sample, by: answeredBy[by] })) },
        mark: { type: 'point', filled: true, size: 26, opacity: 0.75 },
        encoding: {
          x: x('at'),
          y: {
            field: 'latencyMs',
            type: 'quantitative',
            title: 'latency (ms, log scale)',
            scale: { type: 'log', nice: false, padding: 12 },
            axis: { tickCount: 6, format: ',' },
          },
          color: {
            field: 'by',
            type: 'nominal',
            scale: { domain: Object.values(answeredBy), range: [palette.blue, palette.vermilion] },
            legend: { title: 'answered by' },
          },
          shape: {
            field: 'by',
            type: 'nominal',
            scale: { domain: Object.values(answeredBy), range: ['circle', 'diamond'] },
          },
        },
      },
      {
        data: { values: moments.map((moment) => ({ ...moment })) },
        mark: { type: 'rule', color: palette.black, strokeDash: [4, 3] },
        encoding: { x: x('at') },
      },
      {
        data: { values: moments.map((moment) => ({ ...moment })) },
        mark: { type: 'text', align: 'left', dx: 4, y: 8, color: palette.black, fontSize: 11 },
        encoding: { x: x('at'), text: { field: 'label' } },
      },
    ],
  });
}
