import { renderSvg } from './render.js';
import { palette } from './theme.js';

/** What {@link classMap} shows. */
export interface ClassMapData {
  readonly title: string;
  readonly subtitle: string;
  /** At most seven; in quiet colours. */
  readonly remaining: readonly string[];
  /** Drawn in front, dark and larger. */
  readonly unlearned: readonly string[];
  readonly points: readonly { readonly x: number; readonly y: number; readonly className: string }[];
}

const COLOURS = [
  palette.sky,
  palette.orange,
  palette.green,
  palette.purple,
  palette.yellow,
  palette.grey,
  palette.blue,
];

/** Points in the plane by class, the unlearned classes highlighted. SVG. */
export function classMap({ title, subtitle, remaining, unlearned, points }: ClassMapData): Promise<string> {
  const isUnlearned = (className: string): boolean => unlearned.includes(className);
  const shown = (className: string): string =>
    isUnlearned(className) ? `${className} (unlearned)` : className;
  const classes = [...remaining, ...unlearned];
  const colours = [
    ...COLOURS.slice(0, remaining.length),
    ...unlearned.map((_, index) => (index === 0 ? palette.black : palette.vermilion)),
  ];
  const place = (field: 'x' | 'y') => ({
    field,
    type: 'quantitative' as const,
    scale: { zero: false, nice: false, padding: 24 },
    axis: null,
  });
  const domain = classes.map(shown);
  const layer = (front: boolean) => ({
    data: {
      values: points
        .filter(({ className }) => isUnlearned(className) === front)
        .map((point) => ({ ...point, className: shown(point.className) })),
    },
    mark: {
      type: 'point' as const,
      filled: true,
      opacity: front ? 0.95 : 0.55,
      size: front ? 46 : 24,
    },
    encoding: {
      x: place('x'),
      y: place('y'),
      color: {
        field: 'className',
        type: 'nominal' as const,
        scale: { domain, range: colours },
        legend: { title: 'class' },
      },
      shape: {
        field: 'className',
        type: 'nominal' as const,
        scale: { domain, range: classes.map((name) => (isUnlearned(name) ? 'diamond' : 'circle')) },
      },
    },
  });
  return renderSvg({
    description: `${title}: ${subtitle}`,
    title: { text: title, subtitle },
    width: 620,
    height: 520,
    view: { stroke: '#cbd2d9' },
    layer: [layer(false), layer(true)],
  });
}
