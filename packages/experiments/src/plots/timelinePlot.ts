import { renderSvg } from './render.js';
import { palette } from './theme.js';

/** What a step of the protocol does in a stretch of time; `waiting`: embedded, while the task before still trains. */
export const PHASES = ['embedding', 'waiting', 'training', 'unlearning'] as const;
export type Phase = (typeof PHASES)[number];

/** A step in one phase; times in seconds since the start of the run. */
export interface Span {
  readonly lane: string;
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
}

/** What {@link timelinePlot} shows: lanes from the top down and what happened in them. */
export interface TimelineData {
  readonly lanes: readonly string[];
  readonly spans: readonly Span[];
}

const COLOURS: Readonly<Record<Phase, string>> = {
  embedding: palette.sky,
  waiting: '#d5dae0',
  training: palette.orange,
  unlearning: palette.vermilion,
};

/** The steps as a Gantt chart of real event times (Fig. 2); an unlearning is marked with its duration. SVG. */
export function timelinePlot({ lanes, spans }: TimelineData): Promise<string> {
  const bars = spans.filter(({ phase }) => phase !== 'unlearning');
  const unlearnings = spans
    .filter(({ phase }) => phase === 'unlearning')
    .map((span) => ({ ...span, label: duration(span.to - span.from) }));
  const y = {
    field: 'lane',
    type: 'nominal' as const,
    sort: [...lanes],
    scale: { domain: [...lanes] },
    title: null,
    axis: { labelFontSize: 12, labelLimit: 260, ticks: false, grid: true },
  };
  const x = (field: string) => ({
    field,
    type: 'quantitative' as const,
    title: 'time since the start (s)',
  });
  const color = {
    field: 'phase',
    type: 'nominal' as const,
    scale: { domain: [...PHASES], range: PHASES.map((phase) => COLOURS[phase]) },
    legend: { title: null, symbolType: 'square' },
  };
  return renderSvg({
    description:
      'Timeline of the steps: embedding, waiting, training and unlearning, from the real event times.',
    title: {
      text: 'What ran when',
      subtitle: 'embedding overlaps training; unlearning waits for neither; only training waits for training',
    },
    width: 780,
    height: { step: 34 },
    layer: [
      {
        data: { values: bars.map((span) => ({ ...span })) },
        mark: { type: 'bar', height: 18 },
        encoding: { y, x: x('from'), x2: { field: 'to' }, color },
      },
      {
        data: { values: unlearnings },
        mark: { type: 'point', shape: 'diamond', filled: true, size: 110, opacity: 1 },
        encoding: { y, x: x('from'), color },
      },
      {
        data: { values: unlearnings },
        mark: { type: 'text', align: 'left', dx: 10, color: '#1f2933', fontSize: 11 },
        encoding: { y, x: x('from'), text: { field: 'label' } },
      },
    ],
  });
}

function duration(seconds: number): string {
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`;
}
