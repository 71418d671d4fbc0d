import { renderSvg } from './render.js';
import { palette } from './theme.js';

/** What {@link mistakesMap} shows. */
export interface MistakesMapData {
  readonly title: string;
  readonly subtitle: string;
  /** In the order of the legend, at most six. */
  readonly treatments: readonly string[];
  readonly panels: readonly {
    readonly title: string;
    readonly points: readonly { readonly x: number; readonly y: number; readonly treatment: string }[];
  }[];
}

const COLOURS = [
  '#bcc4ce',
  palette.green,
  palette.vermilion,
  palette.black,
  palette.orange,
  palette.sky,
] as const;
const SHAPES = ['circle', 'triangle-up', 'cross', 'diamond', 'square', 'circle'] as const;

/** One map for each strategy, in two columns; colour and shape show what became of each input. SVG. */
export function mistakesMap({ title, subtitle, treatments, panels }: MistakesMapData): Promise<string> {
  const place = (field: 'x' | 'y') => ({
    field,
    type: 'quantitative' as const,
    scale: { zero: false, nice: false, padding: 14 },
    axis: null,
  });
  const values = panels.flatMap(({ title: panel, points }) => points.map((point) => ({ ...point, panel })));
  return renderSvg({
    description: `${title}: ${subtitle}`,
    title: { text: title, subtitle },
    data: { values },
    columns: 2,
    facet: {
      field: 'panel',
      type: 'nominal',
      title: null,
      sort: panels.map(({ title: panel }) => panel),
    },
    spec: {
      width: 380,
      height: 320,
      view: { stroke: '#cbd2d9' },
      mark: { type: 'point', filled: true, opacity: 0.85, size: 32 },
      encoding: {
        x: place('x'),
        y: place('y'),
        color: {
          field: 'treatment',
          type: 'nominal',
          scale: { domain: [...treatments], range: COLOURS.slice(0, treatments.length) },
          legend: {
            title: null,
            orient: 'bottom',
            columns: 2,
            labelLimit: 0,
            labelFontSize: 14,
            symbolSize: 110,
          },
        },
        shape: {
          field: 'treatment',
          type: 'nominal',
          scale: { domain: [...treatments], range: SHAPES.slice(0, treatments.length) },
        },
      },
    },
  });
}
